// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/energy/analytic.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <ebm/sampler/underdamped_langevin.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

TEMPLATE_TEST_CASE("x of a Gaussian has its own mean and variance, whatever the step size", "",
                   float, double) {
  using T = TestType;
  constexpr Eigen::Index count = 40000;
  for (const double step_size : {0.2, 1.0, 1.6}) {
    CAPTURE(step_size);
    const UnderdampedLangevin sampler({.step_size = step_size, .friction = 1});
    Samples<T> chains = Samples<T>::Constant(count, 1, T(0.5));
    const auto report = run_chains(sampler, Gaussian<1>({0.3}, {1.0}), chains,
                                   {.steps = static_cast<int>(40 / step_size), .rng = Rng{5}});
    CHECK(report.gradient_evaluations == static_cast<int>(40 / step_size) * count);
    CHECK(report.acceptance() == 1);
    const auto x = chains.template cast<double>().array();
    const double mean = x.mean(), variance = (x - 0.3).square().mean();
    // Independent chains: a mean or a variance is beyond 5.1 standard errors with probability
    // 3.4e-7, in all three step sizes together 2e-6. 0.026 and 0.036 are seen.
    CHECK(std::abs(mean - 0.3) < 5.1 / std::sqrt(count));
    CHECK(std::abs(variance - 1) < 5.1 * std::sqrt(2.0 / count));
  }
}

TEST_CASE("a step follows its equations") {
  const UnderdampedLangevin sampler({.step_size = 0.4, .friction = 0.7});
  Samples<double> chains = Samples<double>::Constant(20, 1, 0.8);
  run_chains(sampler, Gaussian<1>(), chains, {.steps = 2, .rng = Rng{6}, .first_chain = 1000});
  const double c = std::exp(-0.28);
  for (Eigen::Index chain = 0; chain < chains.rows(); ++chain) {
    const ChainDraws<double, 1> draws(Rng{6}.stream(Purpose::chain_noise),
                                      1000 + static_cast<std::uint64_t>(chain));
    const auto normal = [&](std::uint32_t number) { return draws.normal(number, 0)[0].lane(0); };
    double x = 0.8, p = normal(0);
    for (const std::uint32_t step : {1U, 2U}) {
      p -= 0.2 * x;
      x += 0.2 * p;
      p = c * p + std::sqrt(1 - c * c) * normal(step);
      x += 0.2 * p;
      p -= 0.2 * x;
    }
    CHECK(chains(chain, 0) == Approx(x).epsilon(1e-12));
  }
}

TEST_CASE("held elements stay, and options outside of their ranges are refused") {
  Samples<double> chains = Samples<double>::Constant(3, 2, 0.8);
  ElementMask hold = ElementMask::Constant(3, 2, false);
  hold.col(1).setConstant(true);
  run_chains(UnderdampedLangevin(), Gaussian<2>(), chains, {.steps = 5, .hold = &hold});
  CHECK((chains.col(1).array() == 0.8).all());
  CHECK((chains.col(0).array() != 0.8).all());
  CHECK(message_of<InvalidArgument>([] { UnderdampedLangevin({.step_size = 0}); }) ==
        "UnderdampedLangevin: step_size must be > 0 and finite, got 0");
  CHECK(message_of<InvalidArgument>([] { UnderdampedLangevin({.friction = -1}); }) ==
        "UnderdampedLangevin: friction must be > 0 and finite, got -1");
}
