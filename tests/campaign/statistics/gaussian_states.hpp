// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>

#include "normal_cells.hpp"

/// States of independent chains whose features must be independent normal numbers.
namespace statistics {

constexpr int chains_of_a_chunk = 8192;

/// Float rounds step sizes, energies, and x in each step, by 6e-8 of them. What means, variances
/// and acceptances see of it is less than a tenth of the standard error of 10^10 chains.
constexpr std::uint64_t most_chunks = 10'000'000'000 / chains_of_a_chunk;

/// What `D` features must be: normal, of these means and deviations.
template <int D>
struct Normals {
  std::array<double, std::size_t{D}> mean, deviation;
};

/// What states show of that: a histogram of each feature, moments, and what features have to do
/// with each other, and chains with their neighbours.
template <int D>
class GaussianStates {
 public:
  static constexpr std::size_t features = std::size_t{D};

  template <class T>
  void add(const ebm::Samples<T>& states, const Normals<D>& expected) {
    std::array<double, features> before{};
    for (Eigen::Index chain = 0; chain < states.rows(); ++chain) {
      std::array<double, features> z;
      for (std::size_t i = 0; i < features; ++i) {
        const double x = static_cast<double>(states(chain, static_cast<Eigen::Index>(i)));
        z[i] = (x - expected.mean[i]) / expected.deviation[i];
        const double cell[1] = {z[i]};
        cells_[i].add(cell);
        sums_[i] += z[i];
        squares_[i] += z[i] * z[i] - 1;
        neighbours_[i] += z[i] * before[i];
        for (std::size_t j = 0; j < i; ++j) {
          products_[i * features + j] += z[i] * z[j];
          square_products_[i * features + j] += (z[i] * z[i] - 1) * (z[j] * z[j] - 1) / 2;
        }
      }
      before = z;
    }
    chains_ += static_cast<std::uint64_t>(states.rows());
    pairs_ += static_cast<std::uint64_t>(states.rows() - 1);
  }

  GaussianStates& operator+=(const GaussianStates& other) {
    for (std::size_t i = 0; i < features; ++i) cells_[i] += other.cells_[i];
    sums_ += other.sums_;
    squares_ += other.squares_;
    neighbours_ += other.neighbours_;
    products_ += other.products_;
    square_products_ += other.square_products_;
    chains_ += other.chains_;
    pairs_ += other.pairs_;
    return *this;
  }

  /// The number of states, and their tests.
  [[nodiscard]] Outcome outcome() const {
    Outcome outcome{.inputs = chains_};
    const double n = static_cast<double>(chains_), pairs = static_cast<double>(pairs_);
    for (std::size_t i = 0; i < features; ++i) {
      const std::string name = "feature " + std::to_string(i) + ": ";
      outcome.tests.push_back(normal_test(name + "mean", sums_[i] / std::sqrt(n)));
      outcome.tests.push_back(normal_test(name + "variance", squares_[i] / std::sqrt(2 * n)));
      outcome.tests.push_back(
          cells_test(name + "cells", cells_[i].counts(), cells_[i].probabilities()));
    }
    outcome.tests.push_back(together("neighbouring chains", neighbours_, pairs, features));
    if constexpr (D > 1) {
      constexpr double of_features = D * (D - 1) / 2;
      outcome.tests.push_back(together("features together", products_, n, of_features));
      outcome.tests.push_back(together("their squares together", square_products_, n, of_features));
    }
    return outcome;
  }

 private:
  /// Sums of `n` products of variance 1 each: their squares add up to a chi-square number.
  static Test together(std::string name, const Sums& sums, double n, double freedom) {
    double statistic = 0;
    for (const double sum : sums) statistic += sum * sum / n;
    return chi_square_test(std::move(name), statistic, freedom);
  }

  std::array<NormalCells<double, 16>, features> cells_{};
  Sums sums_ = Sums(features), squares_ = Sums(features), neighbours_ = Sums(features);
  Sums products_ = Sums(features * features), square_products_ = Sums(features * features);
  std::uint64_t chains_ = 0, pairs_ = 0;
};

}  // namespace statistics
