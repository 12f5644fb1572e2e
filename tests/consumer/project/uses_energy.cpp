// SPDX-License-Identifier: MIT
// A user's program that takes little of the library, and little time to compile.
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/evaluate.hpp>

int main() {
  const ebm::Gaussian<2> energy({0.5, -0.25}, {1.0, 1.0});
  const ebm::Samples<float> samples{{0.5f, -0.25f}, {1.5f, -0.25f}};
  const Eigen::VectorXf values = ebm::energies(energy, samples);
  return values[0] == 0.0f && values[1] == 0.5f ? 0 : 1;
}
