// SPDX-License-Identifier: MIT
// expect: pooling is given a Kernel and, if it is another one, a Stride
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Net = ebm::Sequential<ebm::Shape<1, 4, 4>, ebm::MaxPool<ebm::Kernel<2>, ebm::Padding<1>>>;
  return Net::parameter_count;
}
