// SPDX-License-Identifier: MIT
// Compiled once for each instruction set: all that computes, in a namespace of the set.
#include <ebm/ebm.hpp>

namespace any_processor::inline EBM_INSTRUCTION_SET {

using Network = ebm::Sequential<ebm::Shape<2>, ebm::Linear<64>, ebm::Swish, ebm::Linear<64>,
                                ebm::Swish, ebm::Linear<1>>;

/// Energies of `count` points under a network of random weights; points: [point][coordinate].
void energies(const float* points, int count, float* energies) {
  const ebm::Neural<Network> energy(ebm::Rng{.seed = 1});
  const Eigen::Map<const ebm::Samples<float>> samples(points, count, Network::Input::size);
  Eigen::Map<Eigen::VectorXf>(energies, count) = ebm::energies(energy, samples);
}

}  // namespace any_processor::inline EBM_INSTRUCTION_SET
