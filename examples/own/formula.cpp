// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

/// Samples exp(-E) of a formula of one's own, and compares the covariance with the known one.
using namespace ebm;

int main() {
  const auto energy =
      expression<Shape<2>>([](const auto& x) { return square(x[0]) + square(x[1] - x[0]); });
  const Samples<double> start = Samples<double>::Zero(20000, 2);  // [chain][feature]
  const Samples<double> drawn =
      chain_ends(Mala{{.step_size = 0.3}}, energy, start, {.steps = 200, .rng = Rng{1}});

  // E is a Gaussian's, with covariance (1/2, 1/2; 1/2, 1).
  const Eigen::Matrix2d covariance = drawn.transpose() * drawn / static_cast<double>(drawn.rows());
  std::printf("variances %.3f of 0.5, %.3f of 1; covariance %.3f of 0.5\n", covariance(0, 0),
              covariance(1, 1), covariance(0, 1));
  // Five standard errors of each: a false alarm in 2 of 10^6 seeds.
  return std::abs(covariance(0, 0) - 0.5) < 0.025 && std::abs(covariance(1, 1) - 1) < 0.05 &&
                 std::abs(covariance(0, 1) - 0.5) < 0.031
             ? 0
             : 1;
}
