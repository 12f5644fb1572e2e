// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "campaign.hpp"

namespace statistics {

/// A histogram of numbers that should be standard normal, in cells of width 1 / `PerUnit`.
///
/// The ends of cells are numbers of `T`, and a `T` stands for the reals that round to it: so the
/// cell [a, b) has those from half a unit in the last place below a to as much below b, and its
/// probability is exact for normals that are rounded to `T`.
template <class T, int PerUnit>
class NormalCells {
 public:
  static constexpr int reach = 7;  // in standard deviations; what lies beyond is in the last cells
  static constexpr int half = reach * PerUnit, size = 2 * half;

  /// Counts `Count` values at once.
  template <std::size_t Count>
  void add(const T (&values)[Count]) {
    std::int32_t cells[Count];
    for (std::size_t i = 0; i < Count; ++i) {
      const T scaled = values[i] * T(PerUnit);
      const T bounded = scaled < T(half) ? (scaled > T(-half) ? scaled : T(-half)) : T(half - 1);
      const auto toward_zero = static_cast<std::int32_t>(bounded);
      const std::int32_t floor = toward_zero - (static_cast<T>(toward_zero) > bounded ? 1 : 0);
      cells[i] = floor + half;
    }
    // Neighbours go to tables of their own: a counter would wait for itself.
    for (std::size_t i = 0; i < Count; ++i) {
      ++tables_[i % tables][static_cast<std::size_t>(cells[i])];
    }
  }

  NormalCells& operator+=(const NormalCells& other) {
    for (std::size_t k = 0; k < tables; ++k) {
      for (std::size_t i = 0; i < std::size_t{size}; ++i) tables_[k][i] += other.tables_[k][i];
    }
    return *this;
  }

  [[nodiscard]] Counts counts() const {
    Counts counts(std::size_t{size});
    for (const auto& table : tables_) {
      for (std::size_t i = 0; i < table.size(); ++i) counts[i] += table[i];
    }
    return counts;
  }

  [[nodiscard]] static std::vector<double> probabilities() {
    std::vector<double> probabilities;
    double below = 0;
    for (int cell = 1 - half; cell <= half; ++cell) {
      const double to = cell == half ? 1 : normal_cdf(end(cell));
      probabilities.push_back(to - below);
      below = to;
    }
    return probabilities;
  }

  /// How many values are at `z` or above it; below -z. z: an end of a cell
  [[nodiscard]] std::array<std::uint64_t, 2> beyond(double z) const {
    const Counts all = counts();
    std::array<std::uint64_t, 2> sides{};
    for (int cell = 0; cell < size; ++cell) {
      const auto count = all[static_cast<std::size_t>(cell)];
      if (cell - half >= z * PerUnit) sides[0] += count;
      if (cell - half < -z * PerUnit) sides[1] += count;
    }
    return sides;
  }

  /// P(z < its end) for the end of a cell.
  [[nodiscard]] static double end(int cell) {
    const T at = static_cast<T>(cell) / T(PerUnit);
    const T before = std::nextafter(at, -std::numeric_limits<T>::infinity());
    return (static_cast<double>(at) + static_cast<double>(before)) / 2;
  }

 private:
  static constexpr std::size_t tables = 4;
  std::array<std::array<std::uint64_t, std::size_t{size}>, tables> tables_{};
};

}  // namespace statistics
