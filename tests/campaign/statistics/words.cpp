// SPDX-License-Identifier: MIT
// The bits of Philox in the streams that the library makes of them.
#include <bit>
#include <ebm/random/stream.hpp>

#include "campaign.hpp"

namespace statistics {

namespace {

using Words = std::array<std::uint32_t, 4>;

/// Adds each bit of a word to a count of its own.
void count_bits(std::uint32_t word, std::uint32_t* counts) {
  for (std::uint32_t bit = 0; bit < 32; ++bit) counts[bit] += (word >> bit) & 1u;
}

/// Whether bits are 1 half of the time: squares of their scores add up.
Test bits_test(std::string name, std::span<const std::uint64_t> ones, std::uint64_t draws) {
  const double n = static_cast<double>(draws);
  double statistic = 0;
  for (const std::uint64_t count : ones) {
    const double score = (static_cast<double>(count) - n / 2) / std::sqrt(n / 4);
    statistic += score * score;
  }
  return chi_square_test(std::move(name), statistic, static_cast<double>(ones.size()));
}

/// P(k) of a binomial distribution of `size` coins.
std::vector<double> binomial(int size) {
  std::vector<double> p;
  for (int k = 0; k <= size; ++k) {
    p.push_back(std::exp(std::lgamma(size + 1) - std::lgamma(k + 1) - std::lgamma(size - k + 1) -
                         size * std::log(2.0)));
  }
  return p;
}

/// Each of the 128 bits of a draw, each bit of two of its words, and how many are 1.
Outcome bits(Turn& turn) {
  constexpr std::uint32_t groups = 4096;
  struct Tally {
    Counts ones = Counts(128), differences = Counts(6 * 32), weights = Counts(129);
    Tally& operator+=(const Tally& other) {
      ones += other.ones;
      differences += other.differences;
      weights += other.weights;
      return *this;
    }
  };
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::chain_noise);
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    std::uint32_t ones[128] = {}, differences[6 * 32] = {};
    for (std::uint32_t group = 0; group < groups; ++group) {
      const Words w = ebm::Sequence::words(key, number, 0, group);
      int weight = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        weight += std::popcount(w[i]);
        count_bits(w[i], ones + 32 * i);
      }
      std::uint32_t* to_count = differences;
      for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < i; ++j, to_count += 32) count_bits(w[i] ^ w[j], to_count);
      }
      ++to.weights[static_cast<std::size_t>(weight)];
    }
    for (std::size_t i = 0; i < 128; ++i) to.ones[i] += ones[i];
    for (std::size_t i = 0; i < 6 * 32; ++i) to.differences[i] += differences[i];
  });
  const std::uint64_t draws = turn.chunks_done() * groups;
  return {.inputs = draws,
          .tests = {bits_test("each bit", tally.ones, draws),
                    bits_test("each bit of two words", tally.differences, draws),
                    cells_test("Hamming weights", tally.weights, binomial(128))}};
}

/// What one bit of a counter or a key changes: any of the 128 bits of the draw, half of the time.
/// So neighbouring chains, steps, elements, seeds and purposes have nothing in common.
Outcome avalanche(Turn& turn) {
  constexpr std::size_t inputs = 6 * 32, outputs = 4 * 32;
  constexpr std::uint64_t bases = 500;
  struct Tally {
    Counts flips = Counts(inputs * outputs), weights = Counts(outputs + 1);
    Tally& operator+=(const Tally& other) {
      flips += other.flips;
      weights += other.weights;
      return *this;
    }
  };
  const std::uint64_t seed = turn.seed();
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    std::vector<std::uint32_t> flips(inputs * outputs);
    Independent choice(seed, number);
    const auto below = [&](std::uint64_t bound) {
      return static_cast<std::uint32_t>(choice() % bound);
    };
    for (std::uint64_t base = 0; base < bases; ++base) {
      // Counters and keys as runs have them, small numbers.
      const std::array<std::uint32_t, 6> start{below(1u << 20), 0,           below(100),
                                               below(800),      below(1000), below(16)};
      const auto hash = [](const std::array<std::uint32_t, 6>& at) {
        return ebm::philox(Words{at[0], at[1], at[2], at[3]}, {at[4], at[5]});
      };
      const Words before = hash(start);
      for (std::size_t bit = 0; bit < inputs; ++bit) {
        auto changed = start;
        changed[bit / 32] ^= 1u << (bit % 32);
        const Words after = hash(changed);
        int weight = 0;
        for (std::size_t i = 0; i < 4; ++i) {
          weight += std::popcount(before[i] ^ after[i]);
          count_bits(before[i] ^ after[i], flips.data() + bit * outputs + 32 * i);
        }
        ++to.weights[static_cast<std::size_t>(weight)];
      }
    }
    for (std::size_t i = 0; i < flips.size(); ++i) to.flips[i] += flips[i];
  });
  const std::uint64_t draws = turn.chunks_done() * bases;
  return {.inputs = draws * inputs,
          .tests = {bits_test("each bit by each bit", tally.flips, draws),
                    cells_test("bits that change", tally.weights, binomial(outputs))}};
}

/// The first draws of many streams, of which no two may be the same: chains, steps, groups, seeds
/// and purposes side by side. A 32-bit word of one is a word of another as often as chance has it.
Outcome streams(Turn& turn) {
  // 8 seeds, 4 purposes, 256 chains, 8 steps, 16 groups.
  constexpr std::uint64_t streams = 1u << 20;
  struct Tally {
    std::uint64_t twice = 0, collisions = 0;
    Tally& operator+=(const Tally& other) {
      twice += other.twice;
      collisions += other.collisions;
      return *this;
    }
  };
  const std::uint32_t seed = turn.seed();
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    std::vector<Words> draws;
    draws.reserve(streams);
    for (std::uint32_t i = 0; i < streams; ++i) {
      const std::uint32_t key = i % 8, purpose = i / 8 % 4, step = i / 32 % 8, group = i / 256 % 16;
      const ebm::Rng rng{seed + key + 8 * static_cast<std::uint32_t>(number)};
      draws.push_back(ebm::Sequence::words(rng.stream(static_cast<ebm::Purpose>(purpose + 1)),
                                           i / 4096 + 256 * number, step, group));
    }
    std::ranges::sort(draws);
    for (std::size_t i = 1; i < draws.size(); ++i) {
      to.twice += draws[i] == draws[i - 1] ? 1u : 0u;
      to.collisions += draws[i][0] == draws[i - 1][0] ? 1u : 0u;
    }
  });
  // Balls without an urn of their own: n - m (1 - (1 - 1/m)^n). For n far below m this is nearly a
  // Poisson number; its variance is less by n/m, 2e-4 of it.
  const double n = streams, m = 0x1p32;
  const double expected = n + m * std::expm1(n * std::log1p(-1 / m));
  return {.inputs = turn.chunks_done() * streams,
          .tests = {poisson_test("words that two streams share", tally.collisions,
                                 expected * static_cast<double>(turn.chunks_done())),
                    {"draws that two streams share", tally.twice == 0 ? 1.0 : 0.0}}};
}

}  // namespace

std::vector<Row> word_rows() {
  const char* part = "random numbers";
  return {{part, "words: bits", 2, bits},
          {part, "words: what a bit of counter or key changes", 3, avalanche},
          {part, "words: streams side by side", 2, streams}};
}

}  // namespace statistics
