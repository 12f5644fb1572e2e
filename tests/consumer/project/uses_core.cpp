// SPDX-License-Identifier: MIT
// A user's program that needs nothing but the core: chains roll down to the minimum of an energy.
#include <ebm/ebm.hpp>
#include <iostream>

int main() {
  const ebm::Gaussian<2> energy({0.5, -0.25}, {1.0, 1.0});
  const ebm::Langevin sampler({.step_size = 0.1f, .noise = 0.0f, .gradient_clip = 10.0f});
  const ebm::Samples<float> chains =
      ebm::chain_ends(sampler, energy, ebm::Samples<float>::Zero(20, 2), {.steps = 100});

  const Eigen::RowVector2f minimum(0.5f, -0.25f);
  const float distance = (chains.rowwise() - minimum).cwiseAbs().maxCoeff();
  std::cout << "ebm " << ebm::version << ": " << distance << " from the minimum\n";
  return distance < 1e-3f ? 0 : 1;
}
