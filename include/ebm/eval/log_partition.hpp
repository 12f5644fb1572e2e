// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/parallel/executor.hpp>
#include <limits>

namespace ebm {  // the same for every instruction set

/// A box of which each side is cut into cells of one length, for energies of few features.
struct BoxGrid {
  double low = -1, high = 1;  ///< the ends of each side, low < high, finite
  int cells = 256;            ///< along each side, >= 1

  friend bool operator==(const BoxGrid&, const BoxGrid&) = default;
};

}  // namespace ebm

/// ln Z of energies of few features, by a grid.
namespace ebm::inline EBM_ABI {

namespace detail {

/// The number of cells of a grid; throws `InvalidArgument` if the grid is none, or too large.
inline Eigen::Index cell_count(const char* function, const BoxGrid& grid, int features) {
  require(grid.low < grid.high && std::isfinite(grid.high - grid.low), function,
          ": low must be below high, both finite, got ", grid.low, " and ", grid.high);
  require(grid.cells >= 1, function, ": cells must be >= 1, got ", grid.cells);
  Eigen::Index count = 1;
  for (int i = 0; i < features; ++i) {
    require(count <= std::numeric_limits<int>::max() / grid.cells, function, ": ", grid.cells,
            " cells for each of ", features,
            " features are more than 2^31: a grid is for few features");
    count *= grid.cells;
  }
  return count;
}

}  // namespace detail

/// The centres of the cells [first, first + count) of a grid; those of the whole grid are numbered
/// with the last feature changing fastest.
///
/// result: [cell][feature]
/// Throws `InvalidArgument` if the grid is none or has fewer cells.
template <class T = float>
[[nodiscard]] Samples<T> cell_centers(const BoxGrid& grid, int features, Eigen::Index first,
                                      Eigen::Index count) {
  const Eigen::Index all = detail::cell_count("cell_centers", grid, features);
  require(first >= 0 && count >= 0 && first <= all - count, "cell_centers: the grid has ", all,
          " cells, got ", count, " from ", first, " on");
  const double side = (grid.high - grid.low) / grid.cells;
  Samples<T> centers(count, features);
  for (Eigen::Index row = 0; row < count; ++row) {
    Eigen::Index cell = first + row;
    for (int i = features - 1; i >= 0; --i, cell /= grid.cells) {
      const double along = static_cast<double>(cell % grid.cells) + 0.5;
      centers(row, i) = static_cast<T>(grid.low + side * along);
    }
  }
  return centers;
}

/// ln Z of the distribution exp(-E) / Z within a box, by the midpoint rule:
///
///     Z = integral over the box of exp(-E(x)) dx  ~  volume of a cell * sum of exp(-E(centre))
///
/// So -E(x) - ln Z is the log-likelihood of x in the box. For a smooth energy that is high at the
/// edge of the box the error falls faster than any power of the cells' length, once the cells are
/// smaller than what exp(-E) shows; elsewhere it falls with its square. The energies' own rounding
/// is in it: in float, of energies of a few hundred, 1e-5.
///
/// result: in nats; -infinity if exp(-E) is 0 in all centres
/// Throws `InvalidArgument` if the grid is none or has more than 2^31 cells.
/// Source: Trefethen and Weideman, "The Exponentially Convergent Trapezoidal Rule", 2014 (the rule
/// is theirs, moved by half a cell).
template <class T = float, class E, Executor X = Serial>
  requires Energy<E, T>
[[nodiscard]] double log_partition(const E& energy, const BoxGrid& grid, X&& executor = {}) {
  constexpr int features = E::Input::size;
  static_assert(E::Input::condition_size == 0,
                "log_partition integrates over all elements of a sample; the energy reads a "
                "condition: fix the condition first");
  const Eigen::Index all = detail::cell_count("log_partition", grid, features);
  // Chunks bound the memory; the largest score so far keeps the exponentials finite.
  constexpr Eigen::Index chunk = 1 << 16;
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (Eigen::Index first = 0; first < all; first += chunk) {
    const Samples<T> x = cell_centers<T>(grid, features, first, std::min(chunk, all - first));
    const Eigen::VectorXd f = scores(energy, x, executor).template cast<double>();
    const double top = f.maxCoeff();
    if (top > largest) {
      sum *= std::exp(largest - top);
      largest = top;
    }
    if (std::isfinite(largest)) {
      for (const double score : f) sum += std::exp(score - largest);
    }
  }
  return largest + std::log(sum) + features * std::log((grid.high - grid.low) / grid.cells);
}

}  // namespace ebm::inline EBM_ABI
