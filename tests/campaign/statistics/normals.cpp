// SPDX-License-Identifier: MIT
// The distribution of normal draws, and that they know nothing of their neighbours.
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>

#include "normal_cells.hpp"
#include "normal_pairs.hpp"

namespace statistics {

namespace {

// What a piece of work draws: a block of chains, as a sampler of images with 28 x 28 pixels would.
constexpr std::uint32_t steps = 64, groups = 196;
constexpr std::uint64_t draws_of_a_chunk = std::uint64_t{steps} * groups * 4 * ebm::lanes;

/// P(z >= at) of one normal of a Box-Muller pair whose uniform number has 31 bits, as the
/// library's: its radii are sqrt(-2 ln((k + 1/2) / 2^31)), its angles any.
///
/// At 4, 5 and 6 it is less than the normal distribution's by 2e-8, 4e-6 and 1.5e-3 of it;
/// from 6.67 on it is 0.
double tail_of_transform(double at) {
  double sum = 0;
  for (double k = 0; k < 0x1p31; ++k) {
    const double radius = std::sqrt(-2 * std::log((k + 0.5) * 0x1p-31));
    if (radius <= at) break;
    sum += std::acos(at / radius);
  }
  return sum / 3.141592653589793 * 0x1p-31;
}

template <class T>
struct NormalTally {
  NormalCells<T, 64> cells{};
  double powers[4]{};
  double largest = 0;

  NormalTally& operator+=(const NormalTally& other) {
    cells += other.cells;
    for (int i = 0; i < 4; ++i) powers[i] += other.powers[i];
    largest = std::max(largest, other.largest);
    return *this;
  }
};

/// The normals of one block of chains.
template <class T>
void tally_block(NormalTally<T>& tally, ebm::PhiloxKey key, std::uint64_t block) {
  constexpr std::size_t width = std::size_t{ebm::lanes};
  const ebm::ChainDraws<T> draws(key, block * width);
  double powers[4][width] = {};
  T largest[width] = {};
  for (std::uint32_t step = 0; step < steps; ++step) {
    for (std::uint32_t group = 0; group < groups; group += 2) {
      const auto z = draws.template normal<2>(step, group);
      alignas(64) T values[8 * width];
      for (std::size_t i = 0; i < 8; ++i) z[i].store(values + i * width);
      tally.cells.add(values);
      for (std::size_t i = 0; i < 8; ++i) {
        for (std::size_t lane = 0; lane < width; ++lane) {
          const T value = values[i * width + lane], size = std::abs(value);
          const double x = static_cast<double>(value), square = x * x;
          powers[0][lane] += x;
          powers[1][lane] += square;
          powers[2][lane] += square * x;
          powers[3][lane] += square * square;
          largest[lane] = largest[lane] < size ? size : largest[lane];
        }
      }
    }
  }
  for (std::size_t lane = 0; lane < width; ++lane) {
    for (int i = 0; i < 4; ++i) tally.powers[i] += powers[i][lane];
    tally.largest = std::max(tally.largest, static_cast<double>(largest[lane]));
  }
}

/// The share of radii that float makes 0, 2^-25, and those of z that it rounds one way, about 10^-8
/// of them, are below a tenth of the standard error of any test up to here.
constexpr std::uint64_t most_draws = 1'000'000'000'000;

template <class T>
Outcome distribution(Turn& turn, std::uint64_t draws) {
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::chain_noise);
  const std::uint64_t chunks = (draws + draws_of_a_chunk - 1) / draws_of_a_chunk;
  const Turn::Amount amount = draws > 0 ? Turn::Amount{chunks, chunks}
                                        : Turn::Amount{.most = most_draws / draws_of_a_chunk};
  const auto tally = turn.gather(
      NormalTally<T>(),
      [key](NormalTally<T>& to, std::uint64_t block) { tally_block(to, key, block); }, amount);
  Outcome outcome{.inputs = turn.chunks_done() * draws_of_a_chunk};
  const double n = static_cast<double>(outcome.inputs);

  // z^k has variance E z^2k - (E z^k)^2.
  outcome.tests = {cells_test("cells of 1/64", tally.cells.counts(), tally.cells.probabilities()),
                   normal_test("mean", tally.powers[0] / std::sqrt(n)),
                   normal_test("second moment", (tally.powers[1] - n) / std::sqrt(2 * n)),
                   normal_test("third moment", tally.powers[2] / std::sqrt(15 * n)),
                   normal_test("fourth moment", (tally.powers[3] - 3 * n) / std::sqrt(96 * n))};
  for (const int z : {4, 5, 6}) {
    const auto seen = tally.cells.beyond(z);
    const double expected = n * tail_of_transform(z);
    outcome.tests.push_back(poisson_test("above " + std::to_string(z), seen[0], expected));
    outcome.tests.push_back(poisson_test("below -" + std::to_string(z), seen[1], expected));
    if (z == 6) {
      outcome.note = std::to_string(seen[0] + seen[1]) + " beyond 6 sigma, expected " +
                     std::to_string(2 * expected) + " (of exact normals " +
                     std::to_string(2 * n * normal_cdf(-z)) + "); ";
    }
  }
  // The largest of n sizes is below x with probability (1 - P(|z| >= x))^n.
  const double below = std::exp(n * std::log1p(-2 * tail_of_transform(tally.largest)));
  outcome.tests.push_back({"largest size", two_sided(below, 1 - below)});
  if (!(tally.largest <= 6.67)) outcome.tests.push_back({"no size is above 6.67", 0});
  outcome.note += "largest size " + std::to_string(tally.largest);
  return outcome;
}

/// Lags in the order [element][lane]: other chains, other elements, the next step.
std::vector<std::size_t> lags() {
  constexpr std::size_t width = std::size_t{ebm::lanes};
  std::vector<std::size_t> lags;
  for (std::size_t lag = 1; lag < width; ++lag) lags.push_back(lag);
  for (std::size_t lag = 1; lag <= 64; ++lag) lags.push_back(lag * width);
  for (std::size_t step = 1; step <= 3; ++step) lags.push_back(step * groups * 4 * width);
  return lags;
}

/// The correlation of draws that are some lags apart: their squares, in units of their deviations,
/// add up to a chi-square number (Box & Pierce 1970).
Outcome serial_correlation(Turn& turn) {
  constexpr std::size_t width = std::size_t{ebm::lanes}, of_a_step = groups * 4 * width;
  constexpr std::size_t size = 8 * of_a_step;
  const auto apart = lags();
  const ebm::PhiloxKey key = ebm::Rng{turn.seed()}.stream(ebm::Purpose::chain_noise);
  const auto sums = turn.gather(Sums(apart.size()), [&](Sums& to, std::uint64_t block) {
    const ebm::ChainDraws<float> draws(key, block * width);
    std::vector<float> z(size);
    for (std::uint32_t step = 0; step < 8; ++step) {
      for (std::uint32_t group = 0; group < groups; ++group) {
        const auto packs = draws.normal(step, group);
        for (std::size_t i = 0; i < 4; ++i) {
          float values[width];
          packs[i].store(values);
          std::copy_n(values, width, z.data() + step * of_a_step + (group * 4 + i) * width);
        }
      }
    }
    for (std::size_t k = 0; k < apart.size(); ++k) {
      const float* const later = z.data() + apart[k];
      const std::size_t pairs = (size - apart[k]) / width * width;
      float partial[width] = {};
      for (std::size_t i = 0; i < pairs; i += width) {
        for (std::size_t j = 0; j < width; ++j) partial[j] += z[i + j] * later[i + j];
      }
      double sum = 0;
      for (const float part : partial) sum += static_cast<double>(part);
      to[k] += sum / std::sqrt(static_cast<double>(pairs));
    }
  });
  const double n = static_cast<double>(turn.chunks_done());
  double statistic = 0, largest = 0;
  for (const double sum : sums) {
    statistic += sum * sum / n;
    largest = std::max(largest, std::abs(sum) / std::sqrt(n));
  }
  const double lag_count = static_cast<double>(apart.size());
  // The largest of so many is beyond x with probability 1 - (1 - P(|Z| > x))^lags.
  const double single = 2 * normal_cdf(-largest);
  return {.inputs = turn.chunks_done() * size,
          .tests = {chi_square_test("all lags", statistic, lag_count),
                    {"the largest", -std::expm1(lag_count * std::log1p(-single))}}};
}

}  // namespace

std::vector<Row> normal_rows(const Options& options) {
  const char* part = "random numbers";
  std::vector<Row> rows{
      {part, "normals (float)", 30,
       [draws = options.draws](Turn& turn) { return distribution<float>(turn, draws); }},
      {part, "normals (double)", 3, [](Turn& turn) { return distribution<double>(turn, 0); }},
      {part, "normals: serial correlation", 3, serial_correlation}};
  for (const Relation& relation : relations()) {
    rows.push_back({part, std::string("normals: ") + relation.name, 1.5,
                    [relation](Turn& turn) { return independence(turn, relation); }});
  }
  return rows;
}

}  // namespace statistics
