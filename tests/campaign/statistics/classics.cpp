// SPDX-License-Identifier: MIT
// Classical tests of uniform random words, as sequences and as neighbouring chains have them.
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>

#include "campaign.hpp"

namespace statistics {

namespace {

/// Birthdays on 2^17 of 2^48 days: spacings that are there twice are a Poisson number of mean
/// n^3 / 4m = 2, to 2e-5 of it.
///
/// Source: Marsaglia & Tsang, "Some Difficult-to-pass Tests of Randomness", 2002.
Outcome birthday_spacings(Turn& turn) {
  constexpr std::size_t people = 1u << 17;
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::user);
  const auto repeated = turn.gather(Counts(1), [&](Counts& to, std::uint64_t number) {
    ebm::Sequence words(key, number);
    std::vector<std::uint64_t> days(people);
    for (auto& day : days) {
      const std::uint64_t high = words();
      day = (high << 16) | (words() & 0xFFFFu);
    }
    std::ranges::sort(days);
    for (std::size_t i = people; --i > 0;) days[i] -= days[i - 1];
    std::ranges::sort(days);
    for (std::size_t i = 1; i < people; ++i) to[0] += days[i] == days[i - 1] ? 1u : 0u;
  });
  return {.inputs = turn.chunks_done() * people * 2,
          .tests = {poisson_test("spacings that are there twice", repeated[0],
                                 2 * static_cast<double>(turn.chunks_done()))}};
}

/// How long words stay out of a sixteenth of their range, and for how long they rise.
///
/// Source: Knuth, "The Art of Computer Programming", volume 2, section 3.3.2, tests D and G. The
/// word after a run is left out, which makes the runs independent.
Outcome gaps_and_runs(Turn& turn) {
  constexpr std::uint64_t words = 1u << 20;
  constexpr std::size_t longest_gap = 128, longest_run = 10;
  struct Tally {
    Counts gaps = Counts(longest_gap + 1), runs = Counts(longest_run + 1);
    Tally& operator+=(const Tally& other) {
      gaps += other.gaps;
      runs += other.runs;
      return *this;
    }
  };
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::user);
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    ebm::Sequence draws(key, number);
    // How many gaps and runs there are is decided before: a chunk that ends in the middle of a long
    // one would have too few of them.
    for (std::uint64_t i = 0; i < words / 16; ++i) {
      std::size_t gap = 0;
      while (draws() >> 28 != 5 && gap < 10 * longest_gap) ++gap;
      ++to.gaps[std::min(gap, longest_gap)];
    }
    for (std::uint64_t i = 0; i < words / 4; ++i) {
      std::size_t run = 1;
      std::uint32_t before = draws();
      for (std::uint32_t now = draws(); now > before; now = draws(), ++run) before = now;
      ++to.runs[std::min(run, longest_run)];
    }
  });
  std::vector<double> gaps, runs{0};
  for (std::size_t gap = 0; gap < longest_gap; ++gap) {
    gaps.push_back(std::pow(15.0 / 16, static_cast<double>(gap)) / 16);
  }
  gaps.push_back(std::pow(15.0 / 16, static_cast<double>(longest_gap)));
  for (std::size_t run = 1; run <= longest_run; ++run) {
    const double length = static_cast<double>(run), longer = 1 / std::tgamma(length + 2);
    runs.push_back(1 / std::tgamma(length + 1) - (run < longest_run ? longer : 0));
  }
  return {.inputs = turn.chunks_done() * words * 2,
          .tests = {cells_test("gaps", tally.gaps, gaps), cells_test("runs", tally.runs, runs)}};
}

int rank(std::array<std::uint32_t, 32> rows) {
  int rank = 0;
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    const auto has_bit = [bit](std::uint32_t row) { return ((row >> bit) & 1u) != 0; };
    const auto pivot = std::find_if(rows.begin() + rank, rows.end(), has_bit);
    if (pivot == rows.end()) continue;
    std::iter_swap(rows.begin() + rank, pivot);
    const std::uint32_t row = rows[static_cast<std::size_t>(rank++)];
    for (auto other = rows.begin() + rank; other != rows.end(); ++other) {
      if (has_bit(*other)) *other ^= row;
    }
  }
  return rank;
}

/// Ranks of 32 x 32 bits: of the words of a sequence, and of the first words of 32 chains.
///
/// Source: Marsaglia & Tsay, "Matrices and the Structure of Random Number Sequences", 1985.
Outcome ranks(Turn& turn) {
  constexpr std::uint32_t matrices = 20000;
  struct Tally {
    Counts of_sequence = Counts(33), of_chains = Counts(33);
    Tally& operator+=(const Tally& other) {
      of_sequence += other.of_sequence;
      of_chains += other.of_chains;
      return *this;
    }
  };
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::user);
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    ebm::Sequence words(key, number);
    const ebm::ChainDraws<float, 32> chains(key, (number << 32) | (1u << 20));
    for (std::uint32_t i = 0; i < matrices; ++i) {
      std::array<std::uint32_t, 32> rows;
      for (auto& row : rows) row = words();
      ++to.of_sequence[static_cast<std::size_t>(rank(rows))];
      alignas(128) std::uint32_t first[32];
      chains.words(i / 256, i % 256)[0].store(first);
      std::copy_n(first, 32, rows.begin());
      ++to.of_chains[static_cast<std::size_t>(rank(rows))];
    }
  });
  // P(rank r) = 2^(r (64 - r) - 1024) times the product over i < r of (1 - 2^(i-32))^2 /
  // (1 - 2^(i-r)).
  std::vector<double> p;
  for (int r = 0; r <= 32; ++r) {
    double product = std::exp2(r * (64 - r) - 1024);
    for (int i = 0; i < r; ++i) {
      product *= std::pow(1 - std::exp2(i - 32), 2) / (1 - std::exp2(i - r));
    }
    p.push_back(product);
  }
  return {.inputs = turn.chunks_done() * matrices * 64,
          .tests = {cells_test("32 words of a sequence", tally.of_sequence, p),
                    cells_test("the first words of 32 chains", tally.of_chains, p)}};
}

}  // namespace

std::vector<Row> classic_rows() {
  const char* part = "random numbers";
  return {{part, "words: birthday spacings", 3, birthday_spacings},
          {part, "words: gaps and runs", 2, gaps_and_runs},
          {part, "words: ranks of 32 x 32", 2, ranks}};
}

}  // namespace statistics
