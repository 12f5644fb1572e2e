// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/eval/energy_statistics.hpp>
#include <ebm/eval/energy_trace.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/mala.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <functional>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

namespace {

using ebm::energy_statistics;
using ebm::energy_trace;
using ebm::EnergyStatistics;
using ebm::EnergyTrace;
using ebm::Gaussian;
using ebm::Samples;
using Eigen::Index;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Standard normal numbers for 16 chains, the same for the same `id` and `step`.
ebm::Pack<double> normals(std::uint64_t id, std::uint32_t step) {
  const ebm::ChainDraws<double> draws(ebm::Rng{5}.stream(ebm::Purpose::user), 16 * id);
  return draws.normal(step, 0)[0];
}

/// 16 stationary chains of energies with deviation 1, each remembering `memory` of the last one,
/// and a drift of `slope` from one time to the next.
Samples<double> chains_that_remember(std::uint64_t id, int times, double memory, double slope) {
  Samples<double> energies(times, 16);
  for (int time = 0; time < times; ++time) {
    const auto z = normals(id, static_cast<std::uint32_t>(time));
    for (int chain = 0; chain < 16; ++chain) {
      energies(time, chain) = time == 0 ? z.lane(chain)
                                        : memory * energies(time - 1, chain) +
                                              std::sqrt(1 - memory * memory) * z.lane(chain);
    }
  }
  for (int time = 0; time < times; ++time) energies.row(time).array() += slope * time;
  return energies;
}

}  // namespace

TEST_CASE("means, deviations and the drift are those of a small example") {
  const auto statistics = energy_statistics(Samples<double>{{1, 3}, {2, 4}, {3, 8}});
  REQUIRE(statistics.times.size() == 3);
  CHECK(statistics.times[0].mean == 2);
  CHECK(statistics.times[0].deviation == Approx(std::sqrt(2.0)));
  CHECK(statistics.times[2].mean == 5.5);
  CHECK(statistics.times[2].deviation == Approx(std::sqrt(12.5)));
  CHECK(statistics.deviation == Approx(std::sqrt(16.5 / 3)));
  // The slopes are 1 and 5 / 2 a time; over both steps that is 2 and 5, of deviation sqrt(4.5).
  CHECK(statistics.drift == 3.5);
  CHECK(statistics.drift_error == Approx(1.5));
  CHECK(statistics.drift_in_errors() == Approx(3.5 / 1.5));
  CHECK(statistics.drift_in_deviations() == Approx(3.5 / std::sqrt(5.5)));
}

TEST_CASE("chains that stand still do not drift") {
  Samples<double> energies(6, 3);
  energies.rowwise() = Eigen::RowVector3d(0.1, 0.2, 0.7);
  const auto statistics = energy_statistics(energies);
  CHECK(statistics.drift == 0);
  CHECK(statistics.drift_in_errors() == 0);
  CHECK(statistics.drift_in_deviations() == 0);
}

TEST_CASE("a chain is lost from the first energy that is not finite on") {
  const auto statistics =
      energy_statistics(Samples<double>{{1, 2, 3, 8}, {2, infinity, 4, 8}, {3, 2, 5, NAN}});
  const auto& times = statistics.times;
  CHECK(times[0].lost == 0);
  CHECK(times[0].mean == 3.5);
  CHECK(times[1].lost == 1);
  CHECK(times[1].mean == Approx(14.0 / 3));
  CHECK(times[2].lost == 2);
  CHECK(times[2].mean == 4);
  CHECK(statistics.drift == 2);  // of the two that are left
  CHECK(statistics.drift_error == 0);

  const auto none = energy_statistics(Samples<double>{{1, 2}, {NAN, 3}, {1, -infinity}});
  CHECK(none.times[1].mean == 3);
  CHECK(std::isnan(none.times[1].deviation));
  CHECK(std::isnan(none.times[2].mean));
  CHECK(std::isnan(none.drift_in_errors()));
}

TEST_CASE(
    "of chains that stay, 5 of 100 drifts are beyond Student's 95 %, however long they remember") {
  // 2.1314 is the 97.5 % quantile of Student's distribution with 15 degrees of freedom. The number
  // of rounds beyond it is binomial: bounds with a false-alarm rate of 10^-6 each.
  constexpr int rounds = 2000;
  const double margin = 4.9 * std::sqrt(rounds * 0.05 * 0.95);
  for (const double memory : {0.0, 0.9, 0.999}) {
    CAPTURE(memory);
    int beyond = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      const auto statistics = energy_statistics(chains_that_remember(round, 20, memory, 0));
      beyond += std::abs(statistics.drift_in_errors()) > 2.1314;
    }
    CHECK(beyond > rounds * 0.05 - margin);
    CHECK(beyond < rounds * 0.05 + margin);
  }
}

TEST_CASE("a drift is found and is as large as it is") {
  // With memory 0 the slope of a line over 50 times has a deviation of sqrt(12 / 50^3) = 0.0098:
  // over all times and 16 chains, the drift has one of 49 * 0.0098 / 4 = 0.12.
  const auto statistics = energy_statistics(chains_that_remember(1, 50, 0, 0.05));
  CHECK(statistics.drift_in_errors() > 5);
  CHECK(statistics.drift == Approx(49 * 0.05).margin(4.9 * 0.12));
}

TEST_CASE("chains of MALA that begin at the model's samples stay") {
  // E of a Gaussian of two features is exponential: its mean and deviation are 1. The bounds on the
  // mean of 512 chains at 20 times and on the drift have a false-alarm rate of 10^-6 each.
  Samples<double> start(512, 2);
  for (int block = 0; block < 32; ++block) {
    for (const std::uint32_t feature : {0u, 1u}) {
      const auto z = normals(1000 + static_cast<std::uint64_t>(block), feature);
      for (int lane = 0; lane < 16; ++lane) {
        start(16 * block + lane, static_cast<Index>(feature)) = z.lane(lane);
      }
    }
  }
  const Gaussian<2> energy;
  const auto snapshots = chain_trace(ebm::Mala{{.step_size = 0.5}}, energy, start,
                                     {.steps = 200, .rng = ebm::Rng{6}, .every = 10});
  const auto statistics = energy_statistics(energy_trace(energy, snapshots));
  CHECK(std::abs(statistics.drift_in_errors()) < 4.9);
  CHECK(statistics.deviation == Approx(1).margin(0.25));
  for (const auto& at : statistics.times) {
    CHECK(at.mean == Approx(1).margin(6 / std::sqrt(512.0)));
    CHECK(at.lost == 0);
  }
}

TEST_CASE("chains that go downhill drift by what the energy falls") {
  // Without noise x(t) = (1 - s)^t x(0), and E(t) = x(t)^2 / 2.
  const Gaussian<1> energy;
  const Samples<double> start{{4}, {3}, {2}};
  const auto snapshots = chain_trace(ebm::UnboundedLangevin{{.step_size = 0.125, .noise = 0}},
                                     energy, start, {.steps = 4, .every = 2});
  const auto statistics = energy_statistics(energy_trace(energy, snapshots));
  const double first = std::pow(0.875, 4), last = std::pow(0.875, 8);
  const double mean = (16 + 9 + 4) / 6.0;
  CHECK(statistics.times[0].mean == Approx(mean * first));
  CHECK(statistics.times[1].mean == Approx(mean * last));
  CHECK(statistics.drift == Approx(mean * (last - first)));
}

TEMPLATE_TEST_CASE("a trace on the way is that of the snapshots, bit by bit", "", float, double) {
  using T = TestType;
  // Each chain has its own observation, so that a row that were taken for another one is seen.
  const auto start = random_samples<T>(40, 2, 1);
  const ebm::GaussianLikelihood<ebm::Shape<2>> likelihood(random_samples<double>(40, 2, 2), 0.5);
  const auto energy = Gaussian<2>() + likelihood;
  const ebm::Mala transition{{.step_size = 0.1}};
  ebm::ChainRun<T> run{.steps = 35, .rng = ebm::Rng{7}, .every = 10};
  const Samples<double> expected =
      energy_trace(energy, chain_trace(transition, energy, start, run));

  ebm::Threads threads(2);
  EnergyTrace trace(energy, start.rows(), run.steps, run.every);
  run.observe = std::ref(trace);
  Samples<T> chains = start;
  run_chains(transition, energy, chains, run, threads);
  CHECK(trace.energies().rows() == 3);
  CHECK(trace.energies() == expected);
}

TEST_CASE("a chain with an element that is not finite, or too far, is lost") {
  const std::vector<Samples<float>> snapshots{Samples<float>{{1, 2}, {3, 0}, {NAN, 0}},
                                              Samples<float>{{1, 9}, {3, INFINITY}, {0, 0}}};
  const Gaussian<2> energy;
  const auto all = energy_trace(energy, snapshots), near = energy_trace(energy, snapshots, 8);
  CHECK(all(0, 0) == 2.5);
  CHECK(all(0, 1) == 4.5);
  CHECK(std::isnan(all(0, 2)));
  CHECK(all(1, 0) == 41);
  CHECK(std::isnan(all(1, 1)));
  CHECK(all(1, 2) == 0);
  CHECK(std::isnan(near(1, 0)));
  CHECK(near(0, 0) == 2.5);
  CHECK(energy_statistics(all).times[1].lost == 2);
  CHECK(energy_statistics(near).times[1].lost == 3);

  EnergyTrace trace(energy, 3, 2, 1, 8);
  trace(1, 0, ebm::ConstSamplesRef<float>(snapshots[0]));
  trace(2, 0, ebm::ConstSamplesRef<float>(snapshots[1]));
  CHECK(energy_statistics(trace.energies()).times[1].lost == 3);
}

TEST_CASE("what no statistics can be made of is refused") {
  const Gaussian<2> energy;
  const auto message = [](const auto& call) { return message_of<ebm::InvalidArgument>(call); };
  CHECK(message([] { (void)energy_statistics(Samples<double>::Zero(1, 5)); }) ==
        "energy_statistics: expected 2 times and 2 chains or more, got 1 and 5");
  CHECK(message([] { (void)energy_statistics(Samples<double>::Zero(5, 1)); }) ==
        "energy_statistics: expected 2 times and 2 chains or more, got 5 and 1");
  const std::vector<Samples<float>> uneven{Samples<float>::Zero(3, 2), Samples<float>::Zero(4, 2)};
  CHECK(message([&] { (void)energy_trace(energy, uneven); }) ==
        "energy_trace: snapshot 1 has 4 chains, the first one 3");
  CHECK(message([&] { EnergyTrace(energy, 3, 10, 0); }) ==
        "EnergyTrace: expected chains >= 0, steps >= 0 and every >= 1, got 3, 10 and 0");
  EnergyTrace trace(energy, 3, 10, 5);
  const auto observe = [&](int steps_done, Index first, Index rows) {
    const Samples<float> states = Samples<float>::Zero(rows, 2);
    return message([&] { trace(steps_done, first, ebm::ConstSamplesRef<float>(states)); });
  };
  CHECK(
      observe(5, 2, 2) ==
      "EnergyTrace: got 4 chains after 5 steps, expected 3 or fewer and a multiple of 5 up to 10");
  CHECK(observe(15, 0, 3) ==
        "EnergyTrace: got 3 chains after 15 steps, expected 3 or fewer and a multiple of 5 up to "
        "10");
  CHECK(
      observe(7, 0, 3) ==
      "EnergyTrace: got 3 chains after 7 steps, expected 3 or fewer and a multiple of 5 up to 10");
}
