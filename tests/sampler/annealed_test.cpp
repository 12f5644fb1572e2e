// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Conditioned<Shape<3>, Shape<9>>, Linear<4>, AddCondition, Swish, Linear<1>>;

/// The energy of data that are N(0.5, 0.36) in each feature: right at every level.
template <class T>
NoiseConditional<Net, T> gaussian_data() {
  NoiseConditional<Net, T> energy({.mean = 0.5, .deviation = 0.6});
  energy.change_parameters([](auto p) { std::fill(p.begin(), p.end(), T(0)); });
  return energy;
}

}  // namespace

TEST_CASE("levels fall from high to low, and their roots evenly") {
  const auto levels = power_levels({.count = 5, .high = 32, .low = 1, .power = 5});
  REQUIRE(levels.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(levels[i] == Approx(std::pow(2 - static_cast<double>(i) / 4, 5)).epsilon(1e-14));
  }
  CHECK(levels.front() == 32);
  CHECK(levels.back() == 1);
  CHECK(power_levels({.count = 1}) == std::vector{10.0});
}

TEMPLATE_TEST_CASE("ancestral samples of a Gaussian have the variance of its recursion", "", float,
                   double) {
  using T = TestType;
  const auto energy = gaussian_data<T>();
  const Annealed annealed(power_levels({.count = 12, .high = 5, .low = 0.1}));
  const auto start = noise_at_level(energy, 5, 20000, Rng{1});
  const auto ends =
      chain_ends(annealed, energy, start, {.steps = annealed.steps(), .rng = Rng{2}}, Threads(2));

  // D = m + (x - m) d^2 / v, so every step is linear with normal noise.
  double variance = 25 + 0.36;
  for (std::size_t i = 0; i < 12; ++i) {
    const double level = annealed.levels()[i], to_mean = 0.36 / (level * level + 0.36);
    const LevelStep step =
        i == 11 ? LevelStep{0, 0} : Ancestral::step(level, annealed.levels()[i + 1]);
    const double factor = to_mean + step.kept * (1 - to_mean);
    variance = factor * factor * variance + step.noise * step.noise;
  }
  const auto x = ends.template cast<double>().array() - 0.5;
  const double count = static_cast<double>(ends.size());
  // Beyond 5 standard errors with probability 5.7e-7 each.
  CHECK(std::abs(x.mean()) < 5 * std::sqrt(variance / count));
  CHECK(std::abs(x.square().mean() / variance - 1) < 5 * std::sqrt(2 / count));
}

TEST_CASE("many ancestral steps give the variance of data") {
  const auto energy = gaussian_data<double>();
  const Annealed annealed(power_levels({.count = 400, .high = 20, .low = 0.01, .power = 7}));
  const auto ends = chain_ends(annealed, energy, noise_at_level(energy, 20, 4000, Rng{1}),
                               {.steps = annealed.steps(), .rng = Rng{2}});
  const auto x = ends.array() - 0.5;
  // 12,000 numbers: 5 standard errors are 6.5 %; the levels' own error is under 1 %.
  CHECK(x.square().mean() == Approx(0.36).epsilon(0.075));
}

TEST_CASE("without noise a chain's end is a function of its start") {
  const auto energy = gaussian_data<double>();
  const Annealed<Deterministic> annealed(power_levels({.count = 30, .high = 10, .low = 0.05}));
  const auto start = noise_at_level(energy, 10, 20, Rng{1});
  const auto ends = chain_ends(annealed, energy, start, {.steps = 30, .rng = Rng{2}});
  CHECK(ends == chain_ends(annealed, energy, start, {.steps = 30, .rng = Rng{9}}));
  double factor = 1;
  for (std::size_t i = 0; i < 30; ++i) {
    const double level = annealed.levels()[i], to_mean = 0.36 / (level * level + 0.36);
    const double kept = i == 29 ? 0 : annealed.levels()[i + 1] / level;
    factor *= to_mean + kept * (1 - to_mean);
  }
  const Samples<double> expected = (start.array() - 0.5) * factor + 0.5;
  CHECK((ends - expected).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a run is the same for any threads and neighbours, and ends with the last level") {
  const NoiseConditional<Net> energy({.mean = 0.5, .deviation = 0.6}, Rng{7});
  const Annealed annealed(power_levels({.count = 6}));
  const auto start = noise_at_level(energy, 10, 70, Rng{1});
  const auto run = [&](auto&& executor, Eigen::Index first, Eigen::Index count, int steps) {
    return chain_ends(
        annealed, energy, Samples<float>(start.middleRows(first, count)),
        {.steps = steps, .rng = Rng{2}, .first_chain = static_cast<std::uint64_t>(first)},
        executor);
  };
  const auto ends = run(Serial(), 0, 70, 6);
  CHECK(run(Threads(3), 0, 70, 6) == ends);
  CHECK(run(Serial(), 19, 30, 6) == ends.middleRows(19, 30));
  CHECK(run(Serial(), 0, 70, 9) == ends);
  CHECK(run(Serial(), 0, 70, 5) != ends);
  Samples<float> chains = start;
  CHECK(run_chains(annealed, energy, chains, {.steps = 9}).gradient_evaluations == 6 * 70);
}

TEST_CASE("conditions stay while a chain goes down") {
  using WithClass =
      Sequential<Conditioned<Shape<3>, Shape<2 + 9>>, Linear<4>, AddCondition, Swish, Linear<1>>;
  const NoiseConditional<WithClass> energy({}, Rng{7});
  const auto start =
      with_conditions(noise_at_level(energy, 10, 5, Rng{1}), random_samples<float>(5, 2, 1));
  const auto ends = chain_ends(Annealed(), energy, start, {.steps = 64});
  CHECK(ends.rightCols(2) == start.rightCols(2));
  CHECK(ends.leftCols(3) != start.leftCols(3));
}

TEST_CASE("levels that do not fall are refused") {
  const auto message = [](std::vector<double> levels) {
    return message_of<InvalidArgument>([&] { Annealed<>{levels}; });
  };
  CHECK(message({}) == "Annealed: at least one level expected");
  CHECK(message({2, 1, 1}) == "Annealed: levels must fall and be > 0, got 1 after 1");
  CHECK(message({2, 0}) == "Annealed: levels must fall and be > 0, got 0 after 2");
  CHECK(message_of<InvalidArgument>([] { static_cast<void>(power_levels({.count = 0})); }) ==
        "power_levels: count must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([] {
          static_cast<void>(power_levels({.high = 1, .low = 2}));
        }) == "power_levels: expected 0 < low < high, finite, got low 2 and high 1");
  const NoiseConditional<Net> energy({});
  Samples<float> chains = Samples<float>::Zero(1, 3);
  CHECK(message_of<InvalidArgument>([&] {
          run_chains(Annealed(std::vector{1e60, 1.0}), energy, chains, {.steps = 1});
        }) == "Annealed: levels from 1e+60 to 1 are out of range");
}
