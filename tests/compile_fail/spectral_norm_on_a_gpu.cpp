// SPDX-License-Identifier: MIT
// expect: a GPU computes Conv2d, Linear, AveragePool, Flatten and activations
#include <ebm/nn/spectral_norm.hpp>
#include <ebm/simt/emulator.hpp>
#include <ebm/simt/network.hpp>

using Network = ebm::Sequential<ebm::Shape<3>, ebm::SpectralNorm<ebm::Linear<1>>>;

int main() {
  ebm::simt::Emulator machine;
  ebm::simt::MachineNetwork<Network, float, ebm::simt::Emulator>(machine).freeze();
}
