// SPDX-License-Identifier: MIT
// expect: pooling can't come after Flatten or Linear
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Net = ebm::Sequential<ebm::Shape<1, 4, 4>, ebm::Flatten, ebm::AveragePool<ebm::Kernel<2>>>;
  return Net::parameter_count;
}
