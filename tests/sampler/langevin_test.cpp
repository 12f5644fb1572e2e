// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/random/normal.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/mixing_energy.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"
#include "support/tutorial_golden.hpp"

namespace {

using ebm::Gaussian;
using ebm::Langevin;
using ebm::LangevinOptions;
using ebm::Rng;
using ebm::Samples;
using ebm::UnboundedLangevin;
using Eigen::Index;

/// `count` one-dimensional chains that start at `from`.
template <class T>
Samples<T> chains_at(Index count, T from) {
  return Samples<T>::Constant(count, 1, from);
}

}  // namespace

TEMPLATE_TEST_CASE("ten steps without noise are those of PyTorch", "", float, double) {
  using T = TestType;
  const auto energy = tutorial_energy<T>();
  const auto all = tutorial_golden().samples<T>("fake");
  const Samples<T> chains = all.topRows(4);
  const ebm::EnergyDescent sampler;
  const auto states = chain_trace(sampler, energy, chains, {.steps = 10, .every = 1});

  REQUIRE(states.size() == 10);
  std::vector<T> joined;
  for (const auto& state : states) {
    joined.insert(joined.end(), state.data(), state.data() + state.size());
  }
  const auto expected = tutorial_golden().values<double>("langevin_no_noise");
  CHECK(relative_error(joined, expected) < golden_tolerance<T>);
  CHECK(states.back() == chain_ends(sampler, energy, chains, {.steps = 10}));
}

TEST_CASE("Langevin on a Gaussian has the mean and variance of the discretised chain") {
  // x - mu <- a (x - mu) + noise z with a = 1 - step_size / s^2, so the mean decays by a and the
  // variance follows v <- a^2 v + noise^2, to noise^2 / (1 - a^2).
  constexpr std::array<double, 3> mu{0.5, -1, 0}, s{0.5, 1.5, 3};
  const double step_size = 0.3, noise = 0.4, from = 2;
  const Gaussian<3> energy(mu, s);
  const Index count = 20000;
  const double n = static_cast<double>(count);
  for (const int steps : {1, 5, 400}) {
    const UnboundedLangevin sampler({.step_size = step_size, .noise = noise});
    const auto x = chain_ends(sampler, energy, Samples<double>::Constant(count, 3, from),
                              {.steps = steps,
                               .rng = Rng{3},
                               .first_chain = static_cast<std::uint64_t>(steps) * 1000000});
    for (int i = 0; i < 3; ++i) {
      CAPTURE(steps, i);
      const auto at = static_cast<std::size_t>(i);
      const double a = 1 - step_size / (s[at] * s[at]);
      double expected_mean = from, expected_variance = 0;
      for (int step = 0; step < steps; ++step) {
        expected_mean = mu[at] + a * (expected_mean - mu[at]);
        expected_variance = a * a * expected_variance + noise * noise;
      }
      if (steps == 400) {
        CHECK(expected_variance == Approx(noise * noise / (1 - a * a)).epsilon(1e-5));
      }
      const double mean = x.col(i).mean();
      const double variance = (x.col(i).array() - mean).square().sum() / (n - 1);
      CHECK(std::abs(mean - expected_mean) < z_bound * std::sqrt(expected_variance / n));
      CHECK(std::abs(variance / expected_variance - 1) < z_bound * std::sqrt(2 / n));
    }
  }
}

TEMPLATE_TEST_CASE("of a unit Gaussian, states after and before the noise have their variances", "",
                   ebm::NoiseLast, ebm::NoiseFirst) {
  // 1 / (1 - h / 2), and (1 - h)^2 of it.
  constexpr bool is_last = std::same_as<TestType, ebm::NoiseLast>;
  const double h = 0.1, limit = 1 / (1 - h / 2);
  const Langevin<ebm::GaussianNoise, ebm::NoClip, ebm::Unbounded, ebm::ConstantStep, TestType>
      sampler({.step_size = h, .noise = std::sqrt(2 * h)});
  const Index count = 40000;
  const Gaussian<1> energy;
  Samples<double> x = Samples<double>::Zero(count, 1);
  const auto check = [&] {
    const double variance = x.squaredNorm() / static_cast<double>(count);
    const double expected = is_last ? limit : (1 - h) * (1 - h) * limit;
    CHECK(std::abs(variance / expected - 1) < z_bound * std::sqrt(2 / static_cast<double>(count)));
  };
  run_chains(sampler, energy, x, {.steps = 200, .rng = Rng{8}});
  check();
  // Whether somebody looks on the way changes nothing.
  Samples<double> seen = Samples<double>::Zero(count, 1);
  int looks = 0;
  run_chains(sampler, energy, seen,
             {.steps = 200, .rng = Rng{8}, .every = 1, .observe = [&](auto&&...) { ++looks; }});
  CHECK(looks > 0);
  CHECK(seen == x);
}

TEST_CASE("a mixture's modes get their shares, though chains start in equal numbers") {
  // Modes at -2 and 2 of deviation 1, weights 3/4 and 1/4; P(x > 0) = (3 F(-2) + F(2)) / 4 with
  // the normal distribution function F. Chains change sides about every 5 units of time and run
  // for 40; the bias of the discretisation is far below the bound of 0.024.
  const ebm::GaussianMixture<1> energy({{3, {-2}}, {1, {2}}}, 1);
  const double step_size = 0.02;
  const UnboundedLangevin sampler({.step_size = step_size, .noise = std::sqrt(2 * step_size)});
  const Index count = 8000;
  Samples<float> x(count, 1);
  for (Index i = 0; i < count; ++i) x(i, 0) = i % 2 == 0 ? 2.0f : -2.0f;
  run_chains(sampler, energy, x, {.steps = 2000, .rng = Rng{4}});
  const double right = static_cast<double>((x.array() > 0).count()) / static_cast<double>(count);
  const double f = 0.5 * std::erfc(std::sqrt(2.0)), expected = (3 * f + (1 - f)) / 4;
  CHECK(std::abs(right - expected) <
        z_bound * std::sqrt(expected * (1 - expected) / static_cast<double>(count)));
}

TEST_CASE("a double well is visited on both sides alike") {
  const ebm::DoubleWell<1> energy(1.0);
  const UnboundedLangevin sampler({.step_size = 0.02, .noise = std::sqrt(0.04)});
  const auto x = chain_ends(sampler, energy, chains_at(4000, 1.0), {.steps = 2000, .rng = Rng{5}});
  const double right = static_cast<double>((x.array() > 0).count()) / 4000;
  CHECK(std::abs(right - 0.5) < z_bound * 0.5 / std::sqrt(4000.0));
}

TEST_CASE("a step is noise, clamp, the gradient there, clip, step, clamp") {
  const Gaussian<5> energy({0.5, -0.5, 0, 0.2, -0.9}, {0.5, 1, 1, 2, 2});
  const std::array<double, 5> mean{0.5, -0.5, 0, 0.2, -0.9}, precision{4, 1, 1, 0.25, 0.25};
  const double noise = 0.6, step_size = 4, clip = 0.3;
  const Langevin sampler({.step_size = step_size, .noise = noise, .gradient_clip = clip});
  const auto start = random_samples<double>(20, 5, 1);
  const auto end =
      chain_ends(sampler, energy, start, {.steps = 3, .rng = Rng{6}, .first_chain = 1000});

  int noise_clamped = 0, clipped = 0, step_clamped = 0;
  for (Index chain = 0; chain < 20; ++chain) {
    const ebm::ChainDraws<double> draws(Rng{6}.stream(ebm::Purpose::chain_noise),
                                        1000 + static_cast<std::uint64_t>(chain));
    for (std::size_t i = 0; i < 5; ++i) {
      double x = start(chain, static_cast<Index>(i));
      for (std::uint32_t step = 0; step < 3; ++step) {
        x += noise * draws.normal(step, static_cast<std::uint32_t>(i / 4))[i % 4].lane(0);
        noise_clamped += std::abs(x) > 1;
        x = std::clamp(x, -1.0, 1.0);
        const double gradient = (x - mean[i]) * precision[i];
        clipped += std::abs(gradient) > clip;
        x -= step_size * std::clamp(gradient, -clip, clip);
        step_clamped += std::abs(x) > 1;
        x = std::clamp(x, -1.0, 1.0);
      }
      CHECK(end(chain, static_cast<Index>(i)) == Approx(x).epsilon(1e-12).margin(1e-12));
    }
  }
  CHECK(noise_clamped > 0);
  CHECK(clipped > 0);
  CHECK(step_clamped > 0);
}

TEST_CASE("no element moves further in a step than the clip allows") {
  const Langevin<ebm::NoNoise> sampler({.step_size = 10, .gradient_clip = 0.03});
  const Samples<float> before = mixing_start(40);
  const Samples<float> after = chain_ends(sampler, mixing_energy(), before, {.steps = 1});
  CHECK((after - before).cwiseAbs().maxCoeff() <= 0.3001f);
  CHECK((after - before).cwiseAbs().maxCoeff() > 0.29f);
}

TEST_CASE("chains are in the box after every step, and reach its walls") {
  const Langevin sampler({.step_size = 10, .noise = 0.5, .low = -0.25, .high = 0.75});
  for (const auto& state :
       chain_trace(sampler, mixing_energy(), mixing_start(40), {.steps = 30, .every = 1})) {
    CHECK(state.maxCoeff() == 0.75f);
    CHECK(state.minCoeff() == -0.25f);
  }
}

TEST_CASE("noise of deviation 0 is no noise, bit by bit") {
  const Langevin silent({.step_size = 0.1, .noise = 0});
  const ebm::EnergyDescent descent({.step_size = 0.1});
  CHECK(chain_ends(silent, mixing_energy(), mixing_start(20), {.steps = 5}) ==
        chain_ends(descent, mixing_energy(), mixing_start(20), {.steps = 5}));
}

TEST_CASE("the step size follows its policy") {
  // E = x^2 / 2 without noise: x shrinks by 1 - step size in each step.
  using Decaying = Langevin<ebm::NoNoise, ebm::NoClip, ebm::Unbounded, ebm::DecayingStep>;
  using Constant = Langevin<ebm::NoNoise, ebm::NoClip, ebm::Unbounded>;
  const LangevinOptions options{.step_size = 0.5};
  const auto end = [](const auto& sampler) {
    return chain_ends(sampler, Gaussian<1>(), chains_at(1, 1.0), {.steps = 3})(0, 0);
  };
  CHECK(end(Constant(options)) == Approx(0.125));
  double expected = 1;
  for (const double t : {1.0, 2.0, 3.0}) expected *= 1 - 0.5 * std::pow(t, -0.55);
  CHECK(end(Decaying(options)) == Approx(expected));
}

TEST_CASE("an option outside of its range is refused with its name and value") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const auto message = [](const LangevinOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { return Langevin(options); });
  };
  CHECK(message({.step_size = 0}) == "Langevin: step_size must be > 0 and finite, got 0");
  CHECK(message({.step_size = infinity}) == "Langevin: step_size must be > 0 and finite, got inf");
  CHECK(message({.step_size = nan}) == "Langevin: step_size must be > 0 and finite, got nan");
  CHECK(message({.noise = -0.1}) == "Langevin: noise must be >= 0 and finite, got -0.1");
  CHECK(message({.noise = nan}) == "Langevin: noise must be >= 0 and finite, got nan");
  CHECK(message({.gradient_clip = 0}) == "Langevin: gradient_clip must be > 0, got 0");
  CHECK(message({.gradient_clip = nan}) == "Langevin: gradient_clip must be > 0, got nan");
  CHECK(message({.low = 1, .high = 1}) == "Langevin: low must be below high, got 1 and 1");
  CHECK(message({.low = nan}) == "Langevin: low must be below high, got nan and 1");
}

TEST_CASE("an option that is out of range in the chains' type is refused") {
  const auto message = [](const LangevinOptions& options) {
    return message_of<ebm::InvalidArgument>(
        [&] { (void)chain_ends(Langevin(options), Gaussian<2>(), Samples<float>::Zero(1, 2)); });
  };
  CHECK(message({.step_size = 1e300}) == "Langevin: step_size overflows: 1e+300");
  CHECK(message({.noise = 1e300}) == "Langevin: noise overflows: 1e+300");
  CHECK(message({.low = 1, .high = 1 + 1e-12}) == "Langevin: low and high are too close: 1 and 1");
}
