// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "campaign.hpp"

/// Distributions exp(-E) on a line, by quadrature.
namespace statistics {

/// An energy of one number, and where exp(-E) is more than 10^-13 of its largest value.
struct Line {
  std::function<double(double)> energy, slope;
  double low, high;
  double least_energy;
};

/// A normalised density on a grid of the midpoint rule.
class LineDensity {
 public:
  explicit LineDensity(const Line& line, int panels = 2000) : line_(&line), values_(), total_(0) {
    width_ = (line.high - line.low) / panels;
    for (int i = 0; i < panels; ++i) {
      values_.push_back(std::exp(line.least_energy - line.energy(at(i))));
      total_ += values_.back() * width_;
    }
  }

  [[nodiscard]] int size() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] double at(int i) const { return line_->low + width_ * (i + 0.5); }
  /// The probability of panel i.
  [[nodiscard]] double share(int i) const {
    return values_[static_cast<std::size_t>(i)] * width_ / total_;
  }

  /// The probabilities of `cells` intervals of one width.
  [[nodiscard]] std::vector<double> shares(int cells) const {
    std::vector<double> shares(static_cast<std::size_t>(cells));
    const int panels = size() / cells;
    for (int i = 0; i < cells * panels; ++i)
      shares[static_cast<std::size_t>(i / panels)] += share(i);
    return shares;
  }

  /// A number of this distribution: by rejection, from uniform ones.
  [[nodiscard]] double draw(Independent& random) const {
    while (true) {
      const double x = line_->low + (line_->high - line_->low) * random.uniform();
      if (random.uniform() < std::exp(line_->least_energy - line_->energy(x))) return x;
    }
  }

 private:
  const Line* line_;
  std::vector<double> values_;
  double width_ = 0, total_;
};

/// What a trajectory of Hamiltonian Monte Carlo does on the average, from x of the distribution.
struct Trajectory {
  double acceptance = 0;
  double jump = 0;         ///< E (x' - x)^2, 0 where it is rejected
  double jump_square = 0;  ///< E (x' - x)^4
};

/// By the midpoint rule in x and the momentum. The acceptance has kinks: twice as many
/// points change it by 5e-7, an eighth of the standard error of 10^10 chains.
inline Trajectory average_trajectory(const Line& line, double step_size, int leapfrog_steps) {
  const LineDensity density(line);
  constexpr int momenta = 1000;
  constexpr double reach = 8;
  Trajectory average;
  for (int k = 0; k < momenta; ++k) {
    const double start = reach * (2 * (k + 0.5) / momenta - 1);
    const double of_momentum =
        std::exp(-start * start / 2) / std::sqrt(2 * 3.141592653589793) * 2 * reach / momenta;
    for (int i = 0; i < density.size(); ++i) {
      double x = density.at(i), p = start;
      for (int leap = 0; leap < leapfrog_steps; ++leap) {
        p -= step_size / 2 * line.slope(x);
        x += step_size * p;
        p -= step_size / 2 * line.slope(x);
      }
      const double loss =
          line.energy(x) + p * p / 2 - line.energy(density.at(i)) - start * start / 2;
      const double accepted = density.share(i) * of_momentum * std::min(1.0, std::exp(-loss));
      if (!(accepted > 0)) continue;  // what has flown away
      const double square = (x - density.at(i)) * (x - density.at(i));
      average.acceptance += accepted;
      average.jump += accepted * square;
      average.jump_square += accepted * square * square;
    }
  }
  return average;
}

}  // namespace statistics
