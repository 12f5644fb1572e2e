// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/random/stream.hpp>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "support/catch.hpp"

using namespace ebm;

static_assert(std::uniform_random_bit_generator<Sequence>);

namespace {

// Each statistical check below would fail for one seed in 10^6 if the generator were perfect: then
// it is 4.9 standard deviations, or a quantile of the chi-square distribution.
constexpr double deviations = 4.9;

/// Pearson's statistic of `draws` values that should be equally frequent among `counts`.
template <std::size_t N>
double chi_square(const std::array<int, N>& counts) {
  const double expected = std::accumulate(counts.begin(), counts.end(), 0) / double{N};
  double statistic = 0;
  for (const int count : counts) statistic += (count - expected) * (count - expected) / expected;
  return statistic;
}

}  // namespace

TEST_CASE("a sequence is the hash of its id, step and running number") {
  const PhiloxKey key{3, 4};
  Sequence sequence(key, (std::uint64_t{5} << 32) | 6, 7);
  for (std::uint32_t element = 0; element < 3; ++element) {
    for (const auto word : philox(std::array<std::uint32_t, 4>{6, 5, 7, element}, key)) {
      CHECK(sequence() == word);
    }
  }
}

TEST_CASE("streams of other seeds, purposes, ids and steps hold other numbers") {
  std::set<std::uint32_t> first;
  int streams = 0;
  for (std::uint32_t seed = 0; seed < 3; ++seed) {
    for (const Purpose purpose : {Purpose::initialisation, Purpose::shuffle, Purpose::user}) {
      for (std::uint64_t id = 0; id < 3; ++id) {
        for (std::uint32_t step = 0; step < 3; ++step, ++streams) {
          first.insert(Sequence(Rng{seed}.stream(purpose), id, step)());
        }
      }
    }
  }
  CHECK(std::ssize(first) == streams);
}

TEST_CASE("uniform draws lie between 0 and 1, with the mean and variance of that interval") {
  Sequence sequence(Rng{1}.stream(Purpose::user));
  constexpr int draws = 1000000;
  double mean = 0, square = 0, smallest = 1, largest = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = sequence.uniform();
    mean += u / draws;
    square += (u - 0.5) * (u - 0.5) / draws;
    smallest = std::min(smallest, u);
    largest = std::max(largest, u);
  }
  CHECK(smallest >= 0);
  CHECK(largest < 1);
  CHECK(std::abs(mean - 0.5) < deviations * std::sqrt(1.0 / 12 / draws));
  CHECK(std::abs(square - 1.0 / 12) < deviations * std::sqrt(1.0 / 180 / draws));
}

TEST_CASE("below(6) rolls every number equally often") {
  Sequence sequence(Rng{2}.stream(Purpose::user));
  std::array<int, 6> counts{};
  for (int i = 0; i < 600000; ++i) ++counts.at(sequence.below(6));
  CHECK(chi_square(counts) < 35.9);  // 5 degrees of freedom
}

TEST_CASE("below has no bias where a 32-bit word can't be divided evenly") {
  // A word scaled to [0, 3 * 2^30) without rejection hits multiples of 3 twice as often.
  Sequence sequence(Rng{3}.stream(Purpose::user));
  std::array<int, 3> counts{};
  for (int i = 0; i < 300000; ++i) ++counts[sequence.below(3u << 30) % 3];
  CHECK(chi_square(counts) < 27.7);  // 2 degrees of freedom
}

TEST_CASE("below(1) is 0, and the largest bound is respected") {
  Sequence sequence(Rng{4}.stream(Purpose::user));
  for (int i = 0; i < 100; ++i) {
    CHECK(sequence.below(1) == 0);
    CHECK(sequence.below(0xffffffffu) < 0xffffffffu);
  }
}

TEST_CASE("a sequence drives the standard library's algorithms") {
  Sequence sequence(Rng{5}.stream(Purpose::shuffle));
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  std::ranges::shuffle(values, sequence);
  CHECK_FALSE(std::ranges::is_sorted(values));
  std::ranges::sort(values);
  CHECK(values[99] == 99);
}
