// SPDX-License-Identifier: MIT
// expect: Conv2d's kernel is larger than its padded input
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Layer = ebm::Conv2d<2, ebm::Kernel<7>, ebm::Stride<1>, ebm::Padding<1>>;
  return ebm::Sequential<ebm::Shape<1, 4, 4>, Layer>::parameter_count;
}
