// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ebm/core/abi.hpp>
#include <limits>
#include <span>
#include <vector>

/// Histograms as TensorBoard shows them.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// The edges of TensorFlow's buckets above zero: 1e-12, then each a tenth above the last one.
///
/// Source: tensorflow/core/lib/histogram/histogram.cc.
inline constexpr std::size_t bucket_edge_count = [] {
  std::size_t count = 0;
  for (double edge = 1e-12; edge < 1e20; edge *= 1.1) ++count;
  return count;
}();

/// The exponent of a positive number and the first bits of its fraction: 16 cells an octave.
inline constexpr int bits_within_cell = 48;
[[nodiscard]] constexpr std::uint64_t cell_of(double size) noexcept {
  return std::bit_cast<std::uint64_t>(size) >> bits_within_cell;
}

/// Finds a number's bucket through its cell.
class BucketTable {
 public:
  constexpr BucketTable() {
    double next = 1e-12;
    for (auto& edge : edges_) {
      edge = next;
      next *= 1.1;
    }
    edges_.back() = std::numeric_limits<double>::infinity();
    std::uint16_t below = 0;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const auto start = std::bit_cast<double>((first_cell + cell) << bits_within_cell);
      while (edges_[below] <= start) ++below;
      edges_below_[cell] = below;
    }
  }

  /// How many edges are at or below `size`, which is at least 0 and finite.
  [[nodiscard]] constexpr std::size_t edges_up_to(double size) const noexcept {
    const auto cell = std::clamp(cell_of(size), first_cell, first_cell + cells - 1) - first_cell;
    const std::size_t below = edges_below_[cell];
    return below + (size >= edges_[below]);  // a cell is narrower than a bucket: it has one edge
  }

  [[nodiscard]] constexpr double edge(std::size_t index) const noexcept { return edges_[index]; }

 private:
  static constexpr std::uint64_t first_cell = cell_of(1e-12);
  static constexpr std::size_t cells = cell_of(1e20) + 1 - first_cell;

  std::array<double, bucket_edge_count + 1> edges_{};
  std::array<std::uint16_t, cells> edges_below_{};
};

inline constexpr BucketTable bucket_table;

}  // namespace detail

/// Counts of values in buckets that are a tenth wider each, the further from zero.
struct Histogram {
  double count = 0;  ///< of finite values; the figures below are theirs, 0 where there is none
  double min = 0;
  double max = 0;
  double sum = 0;
  double sum_squares = 0;
  std::vector<double> bucket_limits;  ///< the upper edge of each bucket, ascending
  std::vector<double> bucket_counts;
  double non_finite_count = 0;  ///< of NaN and infinities, which are in no bucket
};

/// The histogram of `values`, from their first bucket to their last; a run of empty ones is one.
///
/// A value on an edge belongs to the bucket that is further from zero; zero to the first above it.
template <std::floating_point T>
[[nodiscard]] Histogram make_histogram(std::span<const T> values) {
  constexpr auto edges = detail::bucket_edge_count;
  std::array<std::uint64_t, 2 * edges + 2> counts{};  // below zero from far to near, then above
  static constexpr double largest = std::numeric_limits<double>::max();
  Histogram result;
  result.min = largest;
  result.max = -largest;
  std::uint64_t non_finite = 0;
  for (const T element : values) {
    const double value = element, size = std::abs(value);
    if (!(size <= largest)) {
      ++non_finite;
      continue;
    }
    const auto bucket = detail::bucket_table.edges_up_to(size);
    ++counts[value < 0 ? edges - bucket : edges + 1 + bucket];
    result.min = std::min(result.min, value);
    result.max = std::max(result.max, value);
    result.sum += value;
    result.sum_squares += value * value;
  }
  result.count = static_cast<double>(values.size() - non_finite);
  result.non_finite_count = static_cast<double>(non_finite);
  if (result.count == 0) result.min = result.max = 0;

  const auto limit = [](std::size_t bucket) {
    if (bucket > edges) return std::min(detail::bucket_table.edge(bucket - edges - 1), largest);
    return bucket == edges ? 0.0 : -detail::bucket_table.edge(edges - 1 - bucket);
  };
  // Empty buckets at the ends are left out: the outermost edges are min and max for TensorBoard.
  std::size_t first = 0, end = counts.size();
  while (first + 1 < end && counts[first] == 0) ++first;
  while (end > first + 1 && counts[end - 1] == 0) --end;
  for (std::size_t bucket = first; bucket < end; ++bucket) {
    const bool goes_on = bucket + 1 < end && counts[bucket + 1] == 0;
    if (counts[bucket] == 0 && goes_on) continue;
    result.bucket_limits.push_back(limit(bucket));
    result.bucket_counts.push_back(static_cast<double>(counts[bucket]));
  }
  return result;
}

}  // namespace ebm::inline EBM_ABI::io
