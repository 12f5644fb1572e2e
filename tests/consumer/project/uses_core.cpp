// SPDX-License-Identifier: MIT
// A user's program that needs nothing but the core: chains roll down to the minimum of an energy.
#include <ebm/ebm.hpp>
#include <iostream>

int main() {
  const ebm::Gaussian<2> energy({0.5, -0.25}, {1.0, 1.0});
  const ebm::Langevin sampler(
      {.steps = 100, .step_size = 0.1f, .noise = 0.0f, .gradient_clip = 10.0f});
  const ebm::Samples<float> chains =
      sampler.sample(energy, ebm::Samples<float>(ebm::Samples<float>::Zero(20, 2)));

  const Eigen::RowVector2f minimum(0.5f, -0.25f);
  const float distance = (chains.rowwise() - minimum).cwiseAbs().maxCoeff();
  std::cout << "ebm " << ebm::version << ": " << distance << " from the minimum\n";
  return distance < 1e-3f ? 0 : 1;
}
