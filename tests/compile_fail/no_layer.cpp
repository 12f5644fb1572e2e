// SPDX-License-Identifier: MIT
// expect: Sequential takes layers and activations; one of its arguments is neither
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  return ebm::Sequential<ebm::Shape<4>, ebm::Linear<2>, int>::parameter_count;
}
