// SPDX-License-Identifier: MIT
// expect: the input of Conv2d can't come after Flatten or Linear
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Net = ebm::Sequential<ebm::Shape<1, 4, 4>, ebm::Flatten, ebm::Conv2d<2, ebm::Kernel<3>>>;
  return Net::parameter_count;
}
