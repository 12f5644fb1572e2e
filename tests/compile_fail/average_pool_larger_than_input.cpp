// SPDX-License-Identifier: MIT
// expect: a pooling's kernel is larger than its input
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  return ebm::Sequential<ebm::Shape<1, 4, 4>, ebm::AveragePool<ebm::Kernel<2, 5>>>::parameter_count;
}
