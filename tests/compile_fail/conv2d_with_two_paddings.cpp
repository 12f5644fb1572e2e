// SPDX-License-Identifier: MIT
// expect: expected a Stride, a Padding and NoBias, each once at most, after the Kernel
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Net = ebm::Sequential<ebm::Shape<1, 4, 4>,
                              ebm::Conv2d<2, ebm::Kernel<3>, ebm::Padding<1>, ebm::Padding<1>>>;
  return Net::parameter_count;
}
