// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>

#include "campaign.hpp"

/// Pairs of normal draws that have some relation, and must be independent.
namespace statistics {

/// How the second of two draws comes from the first: what is added to its chain, step and so on.
struct Relation {
  const char* name;
  std::uint64_t chain = 0;
  std::uint32_t step = 0, group = 0, seed = 0, purpose = 0;
  /// Which elements of a group make pairs.
  std::vector<std::array<std::size_t, 2>> elements{{0, 0}, {1, 1}, {2, 2}, {3, 3}};
};

inline std::vector<Relation> relations() {
  return {{.name = "the two of a transform", .elements = {{0, 1}, {2, 3}}},
          {.name = "the transforms of a group", .elements = {{0, 2}, {0, 3}, {1, 2}, {1, 3}}},
          {.name = "neighbouring groups", .group = 1},
          {.name = "neighbouring steps", .step = 1},
          {.name = "neighbouring chains", .chain = 1},
          {.name = "chains 2^32 apart", .chain = std::uint64_t{1} << 32},
          {.name = "neighbouring seeds", .seed = 1},
          {.name = "neighbouring purposes", .purpose = 1}};
}

/// Sixteen cells that are equally likely for a standard normal number.
class SixteenCells {
 public:
  static constexpr std::size_t count = 16;

  SixteenCells() {
    for (std::size_t i = 0; i + 1 < count; ++i) {
      ends_[i] = static_cast<float>(normal_quantile(static_cast<double>(i + 1) / count));
    }
  }

  /// values, cells: [lane]
  template <std::size_t Size>
  void find(const float (&values)[Size], std::int32_t (&cells)[Size]) const {
    for (std::size_t lane = 0; lane < Size; ++lane) cells[lane] = 0;
    for (const float end : ends_) {
      for (std::size_t lane = 0; lane < Size; ++lane) cells[lane] += values[lane] >= end ? 1 : 0;
    }
  }

 private:
  std::array<float, count - 1> ends_{};
};

struct PairTally {
  Counts table = Counts(SixteenCells::count * SixteenCells::count);
  std::uint64_t pairs = 0;
  double product = 0, squares = 0;

  PairTally& operator+=(const PairTally& other) {
    table += other.table;
    pairs += other.pairs;
    product += other.product;
    squares += other.squares;
    return *this;
  }
};

/// Pearson's test of independence, with (16 - 1)^2 degrees of freedom: margins are taken away. So
/// a draw may be in two pairs, where centred functions of each are uncorrelated (Good 1953).
inline Test independence_test(std::string name, const Counts& table) {
  constexpr std::size_t n = SixteenCells::count;
  double rows[n] = {}, columns[n] = {}, all = 0;
  for (std::size_t i = 0; i < n * n; ++i) {
    const double count = static_cast<double>(table[i]);
    rows[i / n] += count;
    columns[i % n] += count;
    all += count;
  }
  double statistic = 0;
  for (std::size_t i = 0; i < n * n; ++i) {
    const double rest =
        static_cast<double>(table[i]) - (rows[i / n] + columns[i % n]) / n + all / (n * n);
    statistic += rest * rest / (all / (n * n));
  }
  return chi_square_test(std::move(name), statistic, (n - 1) * (n - 1));
}

inline Outcome independence(Turn& turn, const Relation& relation) {
  constexpr std::size_t width = std::size_t{ebm::lanes};
  constexpr std::uint32_t steps = 8, groups = 196;
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::chain_noise);
  const ebm::PhiloxKey other{key.seed + relation.seed, key.purpose + relation.purpose};
  const SixteenCells cells;
  const auto tally = turn.gather(PairTally(), [&](PairTally& to, std::uint64_t block) {
    const ebm::ChainDraws<float> draws(key, block * width);
    const ebm::ChainDraws<float> others(other, block * width + relation.chain);
    float product[width] = {}, squares[width] = {};
    for (std::uint32_t step = 0; step < steps; ++step) {
      for (std::uint32_t group = 0; group < groups; ++group) {
        const auto z = draws.normal(step, group);
        const auto w = others.normal(step + relation.step, group + relation.group);
        for (const auto& [first, second] : relation.elements) {
          float a[width], b[width];
          std::int32_t row[width], column[width];
          z[first].store(a);
          w[second].store(b);
          cells.find(a, row);
          cells.find(b, column);
          for (std::size_t lane = 0; lane < width; ++lane) {
            product[lane] += a[lane] * b[lane];
            squares[lane] += (a[lane] * a[lane] - 1) * (b[lane] * b[lane] - 1);
            ++to.table[static_cast<std::size_t>(row[lane]) * SixteenCells::count +
                       static_cast<std::size_t>(column[lane])];
          }
        }
      }
    }
    for (std::size_t lane = 0; lane < width; ++lane) {
      to.product += static_cast<double>(product[lane]);
      to.squares += static_cast<double>(squares[lane]);
    }
    to.pairs += steps * groups * relation.elements.size() * width;
  });
  const double n = static_cast<double>(tally.pairs);
  return {.inputs = tally.pairs,
          .tests = {normal_test("correlation", tally.product / std::sqrt(n)),
                    normal_test("correlation of squares", tally.squares / std::sqrt(4 * n)),
                    independence_test("16 x 16 cells", tally.table)}};
}

}  // namespace statistics
