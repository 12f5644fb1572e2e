// SPDX-License-Identifier: MIT
// expect: SpectralNorm divides a weight: it takes a Conv2d or a Linear
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/spectral_norm.hpp>

int main() {
  return ebm::Sequential<ebm::Shape<1, 2, 2>, ebm::SpectralNorm<ebm::Flatten>>::parameter_count;
}
