// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>
#include <map>
#include <vector>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/starts_checks.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Conditioned<Shape<3>, Shape<9>>, Linear<4>, AddCondition, Swish, Linear<1>>;

const PersistentAnnealingOptions four_ages{
    .levels = {4, 2, 1}, .stay = 2, .steps = 3, .step_size = 0.6, .friction = 0.5, .batch = 8};

/// The energy of data that are N(0.5, 0.36) in each feature: right at every level.
NoiseConditional<Net> gaussian_data() {
  NoiseConditional<Net> energy({.mean = 0.5, .deviation = 0.6});
  energy.change_parameters([](auto p) { std::fill(p.begin(), p.end(), 0.0f); });
  return energy;
}

}  // namespace

TEST_CASE("persistent chains live from the first level to their end, a batch of them at all ages") {
  const PersistentAnnealing annealing(four_ages);
  CHECK(annealing.life() == 4);
  for (std::uint64_t iteration = 0; iteration < 9; ++iteration) {
    std::map<int, int> chains_of_age;
    for (std::uint64_t row = 0; row < 8; ++row) {
      const int age = annealing.age(iteration * 8 + row);
      ++chains_of_age[age];
      CHECK(annealing.age((iteration + 1) * 8 + row) == (age + 1) % 4);
    }
    CHECK(chains_of_age == std::map<int, int>{{0, 2}, {1, 2}, {2, 2}, {3, 2}});
  }
  const std::vector<double> before{4, 2, 1, 1}, after{2, 1, 1, 1};
  for (int age = 0; age < 4; ++age) {
    CHECK(annealing.level_before(age) == before[static_cast<std::size_t>(age)]);
    CHECK(annealing.level_after(age) == after[static_cast<std::size_t>(age)]);
    CHECK(annealing.stays(age) == (age >= 2));
  }
}

TEST_CASE("an iteration takes a chain down a level, or some Langevin steps on at the last") {
  const auto energy = gaussian_data();
  constexpr int of_an_age = 8000;
  PersistentAnnealingOptions options = four_ages;
  options.batch = 4 * of_an_age;
  const PersistentAnnealing annealing(options);
  const float start = 3;
  const auto ends = chain_ends(PersistentAnnealingSampler(annealing), energy,
                               Samples<float>::Constant(options.batch, 3, start),
                               {.steps = annealing.steps(), .rng = Rng{2}}, Threads(2));
  for (int age = 0; age < 4; ++age) {
    CAPTURE(age);
    // All steps are linear with normal noise: dE/dx = (x - 0.5) / (s^2 + 0.36).
    const double s = annealing.level_before(age), v = s * s + 0.36;
    double mean = start - 0.5, variance = 0;
    if (annealing.stays(age)) {
      // Of place and momentum together: half kick, half drift, new momentum, half drift, half kick.
      Eigen::Vector2d means(mean, 0);
      Eigen::Matrix2d covariance = Eigen::Vector2d(0, 1).asDiagonal();
      const auto move = [&](const Eigen::Matrix2d& a, double noise = 0) {
        means = a * means;
        covariance = (a * covariance * a.transpose()).eval();
        covariance(1, 1) += noise;
      };
      const double h = options.step_size * s, c = std::exp(-options.friction * options.step_size);
      const Eigen::Matrix2d kick{{1, 0}, {-h / (2 * v), 1}}, drift{{1, h / 2}, {0, 1}};
      for (int step = 0; step < 3; ++step) {
        move(kick);
        move(drift);
        move(Eigen::Matrix2d{{1, 0}, {0, c}}, 1 - c * c);
        move(drift);
        move(kick);
      }
      mean = means(0);
      variance = covariance(0, 0);
    } else {
      const LevelStep step = Ancestral::step(s, annealing.level_after(age));
      mean *= 1 - (1 - step.kept) * s * s / v;
      variance = step.noise * step.noise;
    }
    const auto x =
        ends.middleRows(Eigen::Index{age} * of_an_age, of_an_age).cast<double>().array() - 0.5;
    const double count = 3.0 * of_an_age;
    // Beyond 5 standard errors with probability 5.7e-7 each.
    CHECK(std::abs(x.mean() - mean) < 5 * std::sqrt(variance / count));
    CHECK(std::abs((x - mean).square().mean() / variance - 1) < 5 * std::sqrt(2 / count));
  }
}

TEST_CASE("persistent chains begin as noise, at first those in the middle of life as noisy data") {
  constexpr int of_an_age = 4000;
  PersistentAnnealingOptions options = four_ages;
  options.batch = 4 * of_an_age;
  options.mean = -2;
  options.deviation = 3;
  auto starts = PersistentAnnealingStarts(PersistentAnnealing(options))
                    .for_chains<float>(options.batch, 3, 1);
  Samples<float> data = Samples<float>::Constant(options.batch, 3, 7), chains(options.batch, 3);
  data.col(2).setConstant(9);  // the condition
  starts.begin(chains, data, Rng{1}, 0);
  for (int age = 0; age < 4; ++age) {
    CAPTURE(age);
    const auto of_age = chains.middleRows(Eigen::Index{age} * of_an_age, of_an_age);
    CHECK((of_age.col(2).array() == 9).all());
    const auto x = of_age.leftCols(2).cast<double>().array();
    const double mean = age == 0 ? -2 : 7, variance = age == 0 ? 16 + 9 : age == 1 ? 4 : 1;
    const double count = 2.0 * of_an_age;
    // Beyond 5 standard errors with probability 5.7e-7 each.
    CHECK(std::abs(x.mean() - mean) < 5 * std::sqrt(variance / count));
    CHECK(std::abs((x - mean).square().mean() / variance - 1) < 5 * std::sqrt(2 / count));
  }

  // From then on all but those that are new go on from where they ended.
  const Samples<float> ended = Samples<float>::Constant(options.batch, 3, 5);
  starts.end(ended);
  starts.begin(chains, data, Rng{1}, 1);
  CHECK(chains.topRows(3 * of_an_age) == ended.topRows(3 * of_an_age));
  CHECK((chains.bottomRows(of_an_age).leftCols(2).array() != 5).all());
}

TEST_CASE("persistent chains that are put back go on as if nothing had happened") {
  check_put_back(PersistentAnnealingStarts(PersistentAnnealing(four_ages)), 8);
}

TEST_CASE("the gradient of the divergence at all levels is its finite differences") {
  using OfClass =
      Sequential<Conditioned<Shape<3>, Shape<2 + 9>>, Linear<4>, AddCondition, Swish, Linear<1>>;
  const LevelDivergence loss{PersistentAnnealing(four_ages)};
  const NoiseConditionalOptions options{.deviation = 0.6, .gain = 2};
  CHECK(gradient_error(NoiseConditional<Net, double>(options, Rng{1}), loss,
                       random_samples<double>(21, 3, 1), random_samples<double>(13, 3, 2)) < 1e-6);
  CHECK(gradient_error(NoiseConditional<OfClass, double>(options, Rng{1}), loss,
                       random_samples<double>(21, 5, 1), random_samples<double>(13, 5, 2)) < 1e-6);
}

TEST_CASE("the divergence compares data with noise of a chain's level with that chain") {
  // E(x, s) = |x|^2 / (2 v): data at 0 get noise of deviation s, chains are at 2, the first of
  // them is number 1,000.
  const NoiseConditional<Net, double> energy = [] {
    NoiseConditional<Net, double> e({.deviation = 0.6});
    e.change_parameters([](auto p) { std::fill(p.begin(), p.end(), 0.0); });
    return e;
  }();
  PersistentAnnealingOptions options = four_ages;
  options.batch = 4000;
  const PersistentAnnealing annealing(options);
  const auto result = judged(energy, LevelDivergence(annealing), Samples<double>::Zero(4000, 3),
                             Samples<double>::Constant(4000, 3, 2))
                          .result;
  double data = 0, data_variance = 0, chains = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const double s = annealing.level_after(annealing.age(1000 + i)), v = s * s + 0.36;
    data += 3 * s * s / (2 * v) / 4000;
    data_variance += 3 * 2 * std::pow(s * s / (2 * v), 2) / 4000;
    chains += 3 * 4 / (2 * v) / 4000;
  }
  CHECK(result.model_score == Approx(-chains));
  // Beyond 5 standard errors with probability 5.7e-7.
  CHECK(std::abs(result.data_score + data) < 5 * std::sqrt(data_variance / 4000));
  CHECK(result.loss.total == Approx(result.model_score - result.data_score));
}

TEST_CASE("chains at all levels teach an energy the density of data at all levels") {
  using Levels = Sequential<Conditioned<Shape<1>, Shape<9>>, Linear<24>, AddCondition, Swish,
                            Linear<24>, AddCondition, Swish, Linear<1>>;
  Samples<float> data = Samples<float>::Ones(2048, 1);  // half -1, half 1
  data.topRows(1024) *= -1;
  const PersistentAnnealing annealing(
      {.levels = power_levels({.count = 32, .high = 5, .low = 0.4}), .stay = 32, .batch = 256});
  const auto train = [&](auto& executor) {
    NoiseConditional<Levels> energy({.deviation = 1, .gain = 2}, Rng{1});
    Trainer trainer(energy,
                    Recipe{.sampler = PersistentAnnealingSampler(annealing),
                           .steps = annealing.steps(),
                           .starts = PersistentAnnealingStarts(annealing),
                           .loss = LevelDivergence(annealing),
                           .optimizer = Adam{{.learning_rate = 1e-2, .beta1 = 0.9}},
                           .gradient_clip = GlobalNormClip{1},
                           .schedule = CosineDecay{{.final_factor = 0.01}},
                           .chain_guard = ReplaceLostChains(),
                           .epochs = 200,
                           .batch = 256,
                           .data_noise = 0},
                    executor);
    trainer.fit(data);
    return energy;
  };
  Serial serial;
  const auto energy = train(serial);
  // Of N(-1, s^2) and N(1, s^2) together: dE/dx = (x - tanh(x / s^2)) / s^2.
  double worst = 0;
  for (const double s : {0.4, 0.8, 1.6, 3.2}) {
    for (const double z : {-1.5, -0.7, 0.2, 1.0}) {
      const double x = 1 + s * z;
      const Samples<float> here = Samples<float>::Constant(1, 1, static_cast<float>(x));
      const double slope = energy_gradients(at_level(energy, s), here)(0, 0);
      worst = std::max(worst, std::abs(s * slope - (x - std::tanh(x / (s * s))) / s));
    }
  }
  // 0.33; before training it is 1.6. With plain Langevin steps of 0.2 s^2, which spread chains more
  // than the density, slopes make up for that: 0.43 at the lowest level.
  CHECK(worst < 0.4);
  Threads threads(2);
  const auto same = train(threads);
  CHECK(std::ranges::equal(energy.parameters(), same.parameters()));
}

TEST_CASE("persistent chains over levels that are none are refused") {
  const auto message = [](const PersistentAnnealingOptions& o) {
    return message_of<InvalidArgument>([&] { PersistentAnnealing{o}; });
  };
  CHECK(message({.levels = {1}}) == "PersistentAnnealing: at least two levels expected, got 1");
  CHECK(message({.levels = {1, 2}}) == "Annealed: levels must fall and be > 0, got 2 after 1");
  CHECK(message({.levels = {2, 1}, .stay = -1}) ==
        "PersistentAnnealing: stay must be >= 0, got -1");
  CHECK(message({.levels = {2, 1}, .steps = 0}) ==
        "PersistentAnnealing: steps must be >= 1, got 0");
  CHECK(message({.levels = {2, 1}, .step_size = 2}) ==
        "PersistentAnnealing: step_size must be in (0, 2), got 2");
  CHECK(message({.levels = {2, 1}, .friction = 0}) ==
        "PersistentAnnealing: friction must be > 0 and finite, got 0");
  CHECK(message({.levels = {2, 1}, .batch = 0}) ==
        "PersistentAnnealing: batch must be >= 1, got 0");
  CHECK(message({.levels = {2, 1}, .deviation = 0}) ==
        "PersistentAnnealing: deviation must be > 0 and finite, got 0");
  CHECK(
      message_of<InvalidArgument>([] {
        static_cast<void>(
            PersistentAnnealingStarts(PersistentAnnealing(four_ages)).for_chains<float>(16, 3, 0));
      }) == "PersistentAnnealing: its batch is 8, that of the recipe is 16");
}
