// SPDX-License-Identifier: MIT
// Samplers that reject: exp(-E) stays as it is, whatever the step size.
#include <ebm/sampler/hmc.hpp>
#include <ebm/sampler/mala.hpp>
#include <ebm/sampler/run_chains.hpp>

#include "gaussian_states.hpp"
#include "line.hpp"

namespace statistics {

namespace {

constexpr int dimension = 6;
constexpr Normals<dimension> target{{0.5, -1, 0, 2, 0.25, -0.5}, {0.5, 1.5, 1, 2, 0.75, 0.625}};

/// Chains that start where `start(feature, random)` says.
template <class T, class K, class Start>
Outcome gaussian(Turn& turn, const K& transition, int steps, const Start& start) {
  const ebm::Gaussian<dimension> energy(target.mean, target.deviation);
  return turn
      .gather(GaussianStates<dimension>(),
              [&](GaussianStates<dimension>& to, std::uint64_t number) {
                Independent random(turn.seed(), number);
                ebm::Samples<T> x(chains_of_a_chunk, dimension);
                for (Eigen::Index chain = 0; chain < x.rows(); ++chain) {
                  for (Eigen::Index i = 0; i < dimension; ++i) {
                    x(chain, i) = static_cast<T>(start(static_cast<std::size_t>(i), random));
                  }
                }
                run_chains(transition, energy, x,
                           {.steps = steps,
                            .rng = ebm::Rng{turn.seed()},
                            .first_chain = number * chains_of_a_chunk});
                to.add(x, target);
              },
              {.most = most_chunks})
      .outcome();
}

/// Starts that have the distribution already, which ten steps must not change.
template <class T, class K>
Outcome gaussian_stays(Turn& turn, const K& transition) {
  return gaussian<T>(turn, transition, 10, [](std::size_t i, Independent& random) {
    return target.mean[i] + target.deviation[i] * random.normal();
  });
}

/// Starts at 0, of which 120 steps must know nothing. Trajectories of 1.125 units of time leave
/// 0.85 of where the widest feature was, where they are accepted, and less of the others; half a
/// turn would leave all.
template <class T>
Outcome gaussian_is_reached(Turn& turn) {
  return gaussian<T>(turn, ebm::Hmc({.step_size = 0.375, .leapfrog_steps = 3}), 120,
                     [](std::size_t, Independent&) { return 0.0; });
}

/// Two wells, and a barrier that chains cross now and then.
constexpr double height = 1.5;
const Line double_well{[](double x) { return height * (x * x - 1) * (x * x - 1); },
                       [](double x) { return 4 * height * (x * x - 1) * x; }, -2.375, 2.375, 0};

/// Two modes at -1.5 and 2, of weights 3/4 and 1/4 and deviation 0.75.
constexpr double mode_deviation = 0.75;
double mode(double x, double weight, double mean) {
  const double z = (x - mean) / mode_deviation;
  return weight * std::exp(-z * z / 2) / (mode_deviation * std::sqrt(2 * 3.141592653589793));
}
const Line two_modes{[](double x) { return -std::log(mode(x, 0.75, -1.5) + mode(x, 0.25, 2)); },
                     [](double x) {
                       const double left = mode(x, 0.75, -1.5), right = mode(x, 0.25, 2);
                       return (left * (x + 1.5) + right * (x - 2)) / (left + right) /
                              (mode_deviation * mode_deviation);
                     },
                     -7.25, 7.5, 0.9};

/// Chains on a line.
constexpr int cells = 50;

struct LineTally {
  Counts ends = Counts(cells), moves = Counts(cells * cells);
  std::uint64_t accepted = 0;
  double jump = 0;

  LineTally& operator+=(const LineTally& other) {
    ends += other.ends;
    moves += other.moves;
    accepted += other.accepted;
    jump += other.jump;
    return *this;
  }
};

/// As many chains go from one cell to another as come back. What a pair of cells exchanges is
/// fair coins, given how many there are, so pairs may be chosen by that.
Test balance_test(const Counts& moves) {
  double statistic = 0, pairs = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double there = static_cast<double>(moves[i * cells + j]);
      const double back = static_cast<double>(moves[j * cells + i]);
      if (there + back < 2 * least_expected) continue;
      statistic += (there - back) * (there - back) / (there + back);
      ++pairs;
    }
  }
  if (pairs == 0) return {"as many come back", 1};
  return chi_square_test("as many come back", statistic, pairs);
}

/// Chains that start with the distribution: one step, by which acceptance, jumps and the balance of
/// moves are judged, and nine more, after which the distribution must be the same.
template <class T, class K, class E>
Outcome on_a_line(Turn& turn, const K& transition, const E& energy, const Line& line,
                  double step_size, int leapfrog_steps) {
  const LineDensity density(line);
  const Trajectory expected = average_trajectory(line, step_size, leapfrog_steps);
  const auto cell_of = [&](T x) {
    const double share = (static_cast<double>(x) - line.low) / (line.high - line.low);
    return static_cast<std::size_t>(std::clamp(share * cells, 0.0, cells - 1.0));
  };
  const auto tally = turn.gather(
      LineTally(),
      [&](LineTally& to, std::uint64_t number) {
        Independent random(turn.seed(), number);
        ebm::Samples<T> start(chains_of_a_chunk, 1);
        for (T& x : start.reshaped()) x = static_cast<T>(density.draw(random));
        ebm::Samples<T> x = start;
        const std::uint64_t first = number * 2 * chains_of_a_chunk;
        const auto report =
            run_chains(transition, energy, x,
                       {.steps = 1, .rng = ebm::Rng{turn.seed()}, .first_chain = first});
        to.accepted += static_cast<std::uint64_t>(report.accepted);
        for (Eigen::Index i = 0; i < x.rows(); ++i) {
          const double way = static_cast<double>(x(i, 0)) - static_cast<double>(start(i, 0));
          to.jump += way * way;
          ++to.moves[cell_of(start(i, 0)) * cells + cell_of(x(i, 0))];
        }
        run_chains(
            transition, energy, x,
            {.steps = 9, .rng = ebm::Rng{turn.seed()}, .first_chain = first + chains_of_a_chunk});
        for (const T end : x.reshaped()) ++to.ends[cell_of(end)];
      },
      {.most = most_chunks});
  const std::uint64_t chains = turn.chunks_done() * chains_of_a_chunk;
  const double n = static_cast<double>(chains);
  const double variance = expected.jump_square - expected.jump * expected.jump;
  return {.inputs = chains,
          .tests = {cells_test("cells after ten steps", tally.ends, density.shares(cells)),
                    share_test("acceptance", tally.accepted, chains, expected.acceptance),
                    normal_test("squared jumps",
                                (tally.jump - n * expected.jump) / std::sqrt(n * variance)),
                    balance_test(tally.moves)},
          .note = "acceptance " + std::to_string(static_cast<double>(tally.accepted) / n) +
                  ", by quadrature " + std::to_string(expected.acceptance)};
}

template <class T>
Outcome mala_on_a_line(Turn& turn, bool is_double_well) {
  const double step_size = is_double_well ? 0.125 : 0.5;
  const ebm::Mala mala({.step_size = step_size});
  if (is_double_well) {
    return on_a_line<T>(turn, mala, ebm::DoubleWell<1>(height), double_well,
                        std::sqrt(2 * step_size), 1);
  }
  return on_a_line<T>(turn, mala, ebm::GaussianMixture<1>({{3, {-1.5}}, {1, {2}}}, mode_deviation),
                      two_modes, std::sqrt(2 * step_size), 1);
}

template <class T>
Outcome hmc_on_a_line(Turn& turn, bool is_double_well) {
  const double step_size = is_double_well ? 0.375 : 0.75;
  const ebm::Hmc hmc({.step_size = step_size, .leapfrog_steps = 3});
  if (is_double_well) {
    return on_a_line<T>(turn, hmc, ebm::DoubleWell<1>(height), double_well, step_size, 3);
  }
  return on_a_line<T>(turn, hmc, ebm::GaussianMixture<1>({{3, {-1.5}}, {1, {2}}}, mode_deviation),
                      two_modes, step_size, 3);
}

}  // namespace

std::vector<Row> exact_rows() {
  const char* part = "samplers";
  const ebm::Mala mala({.step_size = 0.125});
  const ebm::Hmc hmc({.step_size = 0.375, .leapfrog_steps = 3});
  return {
      {part, "MALA, Gaussian", 3, [=](Turn& turn) { return gaussian_stays<float>(turn, mala); }},
      {part, "HMC, Gaussian", 3, [=](Turn& turn) { return gaussian_stays<float>(turn, hmc); }},
      {part, "HMC, Gaussian (double)", 2,
       [=](Turn& turn) { return gaussian_stays<double>(turn, hmc); }},
      {part, "HMC, Gaussian from afar", 3, gaussian_is_reached<float>},
      {part, "MALA, double well", 3, [](Turn& turn) { return mala_on_a_line<float>(turn, true); }},
      {part, "MALA, two modes", 3, [](Turn& turn) { return mala_on_a_line<float>(turn, false); }},
      {part, "HMC, double well", 3, [](Turn& turn) { return hmc_on_a_line<float>(turn, true); }},
      {part, "HMC, two modes", 3, [](Turn& turn) { return hmc_on_a_line<float>(turn, false); }},
      {part, "HMC, double well (double)", 2,
       [](Turn& turn) { return hmc_on_a_line<double>(turn, true); }},
  };
}

}  // namespace statistics
