// SPDX-License-Identifier: MIT
// Uniform numbers, and uniform indices below a bound.
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>

#include "campaign.hpp"

namespace statistics {

namespace {

/// Uniform numbers by their upper bits, by their lower bits, and by how small they are.
struct UniformTally {
  Counts upper = Counts(4096), lower = Counts(4096), fine = Counts(4096), small = Counts(32);
  UniformTally& operator+=(const UniformTally& other) {
    upper += other.upper;
    lower += other.lower;
    fine += other.fine;
    small += other.small;
    return *this;
  }
};

Outcome uniforms(Turn& turn) {
  constexpr std::uint32_t groups = 4096;
  constexpr std::size_t width = std::size_t{ebm::lanes};
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::user);
  const auto tally = turn.gather(UniformTally(), [&](UniformTally& to, std::uint64_t number) {
    const ebm::ChainDraws<float> draws(key, number * width);
    ebm::Sequence sequence(key, number, 1);
    for (std::uint32_t group = 0; group < groups; ++group) {
      for (const auto& pack : draws.uniform(0, group)) {  // [-1, 1) in steps of 2^-23
        float values[width];
        pack.store(values);
        for (const float value : values) {
          const auto step = static_cast<std::uint32_t>((static_cast<double>(value) + 1) * 0x1p23);
          ++to.upper.at(step >> 12);
          ++to.lower[step & 4095u];
        }
      }
      for (const auto& words : draws.words(1, group)) {  // (0, 1]: what normals and acceptance take
        float values[width];
        ebm::uniform_open<float>(words).store(values);
        for (const float value : values) {
          int exponent = 0;
          static_cast<void>(std::frexp(value, &exponent));
          ++to.small.at(static_cast<std::size_t>(std::max(0, -exponent)));
        }
      }
      // 53 bits: the lowest 12.
      const double fine = sequence.uniform() * 0x1p41;
      ++to.fine[static_cast<std::size_t>((fine - std::floor(fine)) * 0x1p12)];
    }
  });
  // u = (k + 1/2) 2^-31 is in [2^-(j+1), 2^-j) in 2^(30-j) of 2^31 cases. Float rounds a share of
  // 2^-25 of them up to 2^-j, which 10^12 draws don't show.
  std::vector<double> small;
  for (int j = 0; j < 31; ++j) small.push_back(std::exp2(-j - 1));
  small.push_back(std::exp2(-31));
  return {.inputs = turn.chunks_done() * groups * (8 * width + 1),
          .tests = {even_cells_test("upper 12 bits", tally.upper),
                    even_cells_test("lower 12 bits", tally.lower),
                    even_cells_test("lowest 12 of 53 bits", tally.fine),
                    cells_test("powers of 2 above zero", tally.small, small)}};
}

constexpr std::uint64_t draws_of_a_chunk = 1u << 18;

/// Indices below one bound: 256 slices of their range, and their remainders of 16.
struct BelowTally {
  Counts slices = Counts(256), remainders = Counts(16);
  BelowTally& operator+=(const BelowTally& other) {
    slices += other.slices;
    remainders += other.remainders;
    return *this;
  }
};

/// As sizes of data, batches and buffers are, and two by which 2^32 is hard to divide.
constexpr std::uint32_t bounds[] = {2,    3,     7,     10,          100,        784,
                                    8192, 10000, 60000, 2863311531u, 4294967291u};

/// How many of 0, 1, ..., bound - 1 are in each of the cells that `cell_of` says.
template <class CellOf>
std::vector<double> shares(std::uint64_t bound, std::size_t cells, const CellOf& cell_of) {
  std::vector<double> shares(cells);
  const double one = 1 / static_cast<double>(bound);
  for (std::uint64_t i = 0; i < bound; ++i) shares[cell_of(i)] += one;
  return shares;
}

Outcome below(Turn& turn) {
  constexpr std::size_t count = std::size(bounds);
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::refill);
  const auto tallies =
      turn.gather(Totals<BelowTally>(count), [&](Totals<BelowTally>& to, std::uint64_t number) {
        ebm::Sequence draws(key, number);
        for (std::size_t k = 0; k < count; ++k) {
          for (std::uint64_t i = 0; i < draws_of_a_chunk; ++i) {
            const std::uint64_t index = draws.below(bounds[k]);
            ++to[k].slices.at(index * 256 / bounds[k]);
            ++to[k].remainders[index % 16];
          }
        }
      });
  Outcome outcome{.inputs = turn.chunks_done() * draws_of_a_chunk * count};
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint64_t bound = bounds[k];
    const std::string name = "below " + std::to_string(bound) + ": ";
    // Slices of huge bounds differ by 10^-7 of their size.
    const auto slices = bound > 1'000'000
                            ? std::vector<double>(256, 1.0 / 256)
                            : shares(bound, 256, [&](std::uint64_t i) { return i * 256 / bound; });
    const auto remainders = bound > 1'000'000
                                ? std::vector<double>(16, 1.0 / 16)
                                : shares(bound, 16, [](std::uint64_t i) { return i % 16; });
    outcome.tests.push_back(cells_test(name + "slices", tallies[k].slices, slices));
    outcome.tests.push_back(cells_test(name + "remainders", tallies[k].remainders, remainders));
  }
  return outcome;
}

}  // namespace

std::vector<Row> uniform_rows() {
  const char* part = "random numbers";
  return {{part, "uniform numbers", 2, uniforms}, {part, "indices below a bound", 3, below}};
}

}  // namespace statistics
