// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/energy/expression.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/random/normal.hpp>
#include <ebm/sampler/langevin.hpp>
#include <limits>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"
#include "support/tutorial_golden.hpp"

namespace {

using ebm::Gaussian;
using ebm::Langevin;
using ebm::LangevinOptions;
using ebm::Rng;
using ebm::Samples;
using ebm::Serial;
using ebm::UnboundedLangevin;
using ebm::Workspace;
using Eigen::Index;

/// A tame energy of 30 features whose gradient mixes them.
auto mixing_energy() {
  return ebm::expression<ebm::Shape<30>>([](const auto& x) {
    auto energy = ebm::square(x[0] - x[29]);
    for (int i = 1; i < 30; ++i) energy = energy + ebm::square(x[i] * x[i - 1] - 0.3f);
    return energy;
  });
}

Samples<float> start(Index rows) {
  Samples<float> samples(rows, 30);
  for (Index i = 0; i < samples.size(); ++i) {
    samples.data()[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  }
  return samples;
}

/// `count` one-dimensional chains that start at `from`.
template <class T>
Samples<T> chains_at(Index count, T from) {
  return Samples<T>::Constant(count, 1, from);
}

/// The workers of a team take turns, so that each of them has had a block.
struct RoundRobin {
  int team;
  [[nodiscard]] int workers() const { return team; }
  template <class F>
  void for_each(int n, F&& f) const {
    for (int index = 0; index < n; ++index) f(index, index % team);
  }
};

// |z| beyond this has probability 1e-6: the false-alarm rate of each comparison below.
constexpr double z_bound = 4.892;

}  // namespace

TEMPLATE_TEST_CASE("ten steps without noise are those of PyTorch", "", float, double) {
  using T = TestType;
  const auto energy = tutorial_energy<T>();
  const auto all = tutorial_golden().samples<T>("fake");
  Samples<T> chains = all.topRows(4);
  const ebm::EnergyDescent sampler({.steps = 10});
  Serial executor;
  Workspace<T> workspace;
  const auto states = sampler.template trace<T>(energy, chains, 1, 0, Rng{}, executor, workspace);

  REQUIRE(states.size() == 10);
  std::vector<T> joined;
  for (const auto& state : states) {
    joined.insert(joined.end(), state.data(), state.data() + state.size());
  }
  const auto expected = tutorial_golden().values<double>("langevin_no_noise");
  CHECK(relative_error(joined, expected) < golden_tolerance<T>);
  CHECK(states.back() == chains);
}

TEST_CASE("Langevin on a Gaussian has the mean and variance of the discretised chain") {
  // x - mu <- a (x - mu + noise z) with a = 1 - step_size / s^2, so the mean decays by a and the
  // variance follows v <- a^2 (v + noise^2), to a^2 noise^2 / (1 - a^2).
  constexpr std::array<double, 3> mu{0.5, -1, 0}, s{0.5, 1.5, 3};
  const double step_size = 0.3, noise = 0.4, from = 2;
  const Gaussian<3> energy(mu, s);
  const Index count = 20000;
  const double n = static_cast<double>(count);
  for (const int steps : {1, 5, 400}) {
    const UnboundedLangevin sampler({.steps = steps, .step_size = step_size, .noise = noise});
    const auto x = sampler.sample<double>(energy, Samples<double>::Constant(count, 3, from), Rng{3},
                                          static_cast<std::uint64_t>(steps) * 1000000);
    for (int i = 0; i < 3; ++i) {
      CAPTURE(steps, i);
      const auto at = static_cast<std::size_t>(i);
      const double a = 1 - step_size / (s[at] * s[at]);
      double expected_mean = from, expected_variance = 0;
      for (int step = 0; step < steps; ++step) {
        expected_mean = mu[at] + a * (expected_mean - mu[at]);
        expected_variance = a * a * (expected_variance + noise * noise);
      }
      if (steps == 400) {
        CHECK(expected_variance == Approx(a * a * noise * noise / (1 - a * a)).epsilon(1e-5));
      }
      const double mean = x.col(i).mean();
      const double variance = (x.col(i).array() - mean).square().sum() / (n - 1);
      CHECK(std::abs(mean - expected_mean) < z_bound * std::sqrt(expected_variance / n));
      CHECK(std::abs(variance / expected_variance - 1) < z_bound * std::sqrt(2 / n));
    }
  }
}

TEST_CASE("a mixture's modes get their shares, though chains start in equal numbers") {
  // Modes at -2 and 2 of deviation 1, weights 3/4 and 1/4; P(x > 0) = (3 F(-2) + F(2)) / 4 with
  // the normal distribution function F. Chains change sides about every 5 units of time and run
  // for 40; the bias of the discretisation is far below the bound of 0.024.
  const ebm::GaussianMixture<1> energy({{3, {-2}}, {1, {2}}}, 1);
  const double step_size = 0.02;
  const UnboundedLangevin sampler(
      {.steps = 2000, .step_size = step_size, .noise = std::sqrt(2 * step_size)});
  const Index count = 8000;
  Samples<float> x(count, 1);
  for (Index i = 0; i < count; ++i) x(i, 0) = i % 2 == 0 ? 2.0f : -2.0f;
  x = sampler.sample(energy, x, Rng{4});
  const double right = static_cast<double>((x.array() > 0).count()) / static_cast<double>(count);
  const double f = 0.5 * std::erfc(std::sqrt(2.0)), expected = (3 * f + (1 - f)) / 4;
  CHECK(std::abs(right - expected) <
        z_bound * std::sqrt(expected * (1 - expected) / static_cast<double>(count)));
}

TEST_CASE("a double well is visited on both sides alike") {
  const ebm::DoubleWell<1> energy(1.0);
  const UnboundedLangevin sampler({.steps = 2000, .step_size = 0.02, .noise = std::sqrt(0.04)});
  const auto x = sampler.sample<double>(energy, chains_at(4000, 1.0), Rng{5});
  const double right = static_cast<double>((x.array() > 0).count()) / 4000;
  CHECK(std::abs(right - 0.5) < z_bound * 0.5 / std::sqrt(4000.0));
}

TEST_CASE("a step is noise, clamp, the gradient there, clip, step, clamp") {
  const Gaussian<5> energy({0.5, -0.5, 0, 0.2, -0.9}, {0.5, 1, 1, 2, 2});
  const std::array<double, 5> mean{0.5, -0.5, 0, 0.2, -0.9}, precision{4, 1, 1, 0.25, 0.25};
  const double noise = 0.6, step_size = 4, clip = 0.3;
  const Langevin sampler(
      {.steps = 3, .step_size = step_size, .noise = noise, .gradient_clip = clip});
  const auto start = random_samples<double>(20, 5, 1);
  const auto end = sampler.sample<double>(energy, start, Rng{6}, 1000);

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
  const Langevin<ebm::NoNoise> sampler({.steps = 1, .step_size = 10, .gradient_clip = 0.03});
  const Samples<float> before = start(40);
  const Samples<float> after = sampler.sample(mixing_energy(), before);
  CHECK((after - before).cwiseAbs().maxCoeff() <= 0.3001f);
  CHECK((after - before).cwiseAbs().maxCoeff() > 0.29f);
}

TEST_CASE("chains are in the box after every step, and reach its walls") {
  const Langevin sampler({.steps = 30, .step_size = 10, .noise = 0.5, .low = -0.25, .high = 0.75});
  Serial executor;
  Workspace<float> workspace;
  Samples<float> chains = start(40);
  for (const auto& state :
       sampler.trace<float>(mixing_energy(), chains, 1, 0, Rng{}, executor, workspace)) {
    CHECK(state.maxCoeff() == 0.75f);
    CHECK(state.minCoeff() == -0.25f);
  }
}

TEST_CASE("noise of deviation 0 is no noise, bit by bit") {
  const Langevin silent({.steps = 5, .step_size = 0.1, .noise = 0});
  const ebm::EnergyDescent descent({.steps = 5, .step_size = 0.1});
  CHECK(silent.sample(mixing_energy(), start(20)) == descent.sample(mixing_energy(), start(20)));
}

TEST_CASE("noise for data is a chain's own, stays in the box, and needs no batch") {
  using Image = ebm::Shape<2, 3, 5>;  // stored as [row][column][channel], given as NCHW
  const auto key = Rng{7}.stream(ebm::Purpose::data_noise);
  const Langevin sampler;
  Workspace<double> workspace;
  const auto clean = random_samples<double>(40, Image::size, 2);
  const auto noisy = [&](auto&& executor, Index first, Index count) {
    Samples<double> samples = clean.middleRows(first, count);
    sampler.add_noise<double, Image>(samples, 0.5, 300 + static_cast<std::uint64_t>(first), key,
                                     executor, workspace);
    return samples;
  };
  const auto all = noisy(Serial(), 0, 40);
  for (Index row = 0; row < 40; ++row) {
    const ebm::ChainDraws<double> draws(key, 300 + static_cast<std::uint64_t>(row));
    for (int feature = 0; feature < Image::size; ++feature) {
      const int element = Image::offset(feature / 15, feature / 5 % 3, feature % 5);
      const auto z = draws.normal(0, static_cast<std::uint32_t>(element / 4));
      const double x = clean(row, feature) + 0.5 * z[static_cast<std::size_t>(element % 4)].lane(0);
      REQUIRE(all(row, feature) == Approx(std::clamp(x, -1.0, 1.0)).epsilon(1e-12));
    }
  }
  CHECK(all.maxCoeff() == 1);
  CHECK(noisy(ebm::Threads(3), 0, 40) == all);
  CHECK(noisy(Serial(), 7, 11) == all.middleRows(7, 11));
}

TEST_CASE("the step size follows its policy") {
  // E = x^2 / 2 without noise: x shrinks by 1 - step size in each step.
  using Decaying = Langevin<ebm::NoNoise, ebm::NoClip, ebm::Unbounded, ebm::DecayingStep>;
  using Constant = Langevin<ebm::NoNoise, ebm::NoClip, ebm::Unbounded>;
  const LangevinOptions options{.steps = 3, .step_size = 0.5};
  const auto energy = Gaussian<1>();
  CHECK(Constant(options).sample<double>(energy, chains_at(1, 1.0))(0, 0) == Approx(0.125));
  double expected = 1;
  for (const double t : {1.0, 2.0, 3.0}) expected *= 1 - 0.5 * std::pow(t, -0.55);
  CHECK(Decaying(options).sample<double>(energy, chains_at(1, 1.0))(0, 0) == Approx(expected));
}

TEST_CASE("a chain's samples depend on its id alone: not on batch, place, neighbours or threads") {
  const auto check = [](const auto& energy, const Samples<float>& start) {
    const Langevin<> sampler({.steps = 4, .step_size = 0.1, .noise = 0.1});
    const Samples<float> reference = sampler.sample(energy, start, Rng{8}, 100);
    for (const Index size : {1, 15, 16, 17, 33}) {
      CHECK(sampler.sample(energy, start.topRows(size), Rng{8}, 100) == reference.topRows(size));
    }
    // Other places in a block, without the neighbours before them.
    for (const Index first : {1, 5, 16, 31}) {
      CHECK(sampler.sample(energy, start.middleRows(first, 2), Rng{8},
                           100 + static_cast<std::uint64_t>(first)) ==
            reference.middleRows(first, 2));
    }
    for (const int threads : {1, 2, 3}) {
      ebm::Threads executor(threads);
      Workspace<float> workspace;
      Samples<float> chains = start;
      sampler.run<float>(energy, chains, 100, Rng{8}, executor, workspace);
      CHECK(chains == reference);
    }
    CHECK(sampler.sample(energy, start, Rng{9}, 100) != reference);
    CHECK(sampler.sample(energy, start, Rng{8}, 101) != reference);
  };
  check(mixing_energy(), start(33));
  check(tutorial_energy<float>(), random_samples<float>(33, 784, 1));
}

TEST_CASE("a trace holds the states that shorter runs end with") {
  const auto energy = mixing_energy();
  Serial executor;
  Workspace<float> workspace;
  Samples<float> chains = start(20);
  const Langevin sampler({.steps = 7, .step_size = 0.1, .noise = 0.1});
  const auto trace = sampler.trace<float>(energy, chains, 3, 0, Rng{2}, executor, workspace);
  REQUIRE(trace.size() == 2);
  for (const int steps : {3, 6}) {
    const Langevin shorter({.steps = steps, .step_size = 0.1, .noise = 0.1});
    CHECK(trace[static_cast<std::size_t>(steps / 3 - 1)] ==
          shorter.sample(energy, start(20), Rng{2}));
  }
  CHECK(chains == sampler.sample(energy, start(20), Rng{2}));
}

TEST_CASE("held elements stay bit by bit, and the others see them there") {
  // Images of two channels, so that the mask's order is not that of the memory.
  using Image = ebm::Shape<2, 3, 5>;
  const auto energy = ebm::expression<Image>([](const auto& x) {
    auto sum = ebm::square(x(0, 0, 0));
    for (int i = 1; i < 30; ++i) {
      const auto pixel = x(i / 15, i / 5 % 3, i % 5);
      const auto last = x((i - 1) / 15, (i - 1) / 5 % 3, (i - 1) % 5);
      sum = sum + ebm::square(pixel - 0.5f * last);
    }
    return sum;
  });
  ebm::ElementMask held(20, 30);
  for (Index i = 0; i < held.size(); ++i) held.data()[i] = i % 7 < 3;
  const Langevin sampler({.steps = 5, .step_size = 0.1, .noise = 0.1});
  Workspace<float> workspace;
  const auto run = [&](const ebm::ElementMask& mask, auto&& executor) {
    Samples<float> chains = start(20);
    sampler.run_holding<float>(energy, chains, mask, 3, Rng{4}, executor, workspace);
    return chains;
  };
  const auto end = run(held, Serial());
  for (Index i = 0; i < held.size(); ++i) {
    CHECK((end.data()[i] == start(20).data()[i]) == held.data()[i]);
  }
  CHECK(run(held, ebm::Threads(3)) == end);
  CHECK(run(ebm::ElementMask::Constant(20, 30, true), Serial()) == start(20));
  CHECK(run(ebm::ElementMask::Constant(20, 30, false), Serial()) ==
        sampler.sample(energy, start(20), Rng{4}, 3));
}

TEST_CASE("elements beside held ones follow the Gaussian that is conditional on those") {
  // E = (x0^2 + x1^2 - 2 r x0 x1) / (2 (1 - r^2)): given x1 = c, x0 is normal with mean r c and
  // precision p = 1 / (1 - r^2). The discretised chain has that mean, and the variance
  // a^2 noise^2 / (1 - a^2) with a = 1 - step_size p.
  constexpr double r = 0.8, c = 1.5, precision = 1 / (1 - r * r), step_size = 0.05, noise = 0.3;
  const auto energy = ebm::expression<ebm::Shape<2>>([](const auto& x) {
    return (ebm::square(x[0]) + ebm::square(x[1]) - x[0] * x[1] * (2 * r)) * (precision / 2);
  });
  const Index count = 20000;
  Samples<double> chains(count, 2);
  chains.col(0).setConstant(-1);
  chains.col(1).setConstant(c);
  ebm::ElementMask held(count, 2);
  held.col(0).setConstant(false);
  held.col(1).setConstant(true);
  Serial executor;
  Workspace<double> workspace;
  UnboundedLangevin({.steps = 200, .step_size = step_size, .noise = noise})
      .run_holding<double>(energy, chains, held, 0, Rng{11}, executor, workspace);
  CHECK((chains.col(1).array() == c).all());
  const double n = static_cast<double>(count), a = 1 - step_size * precision;
  const double expected = a * a * noise * noise / (1 - a * a);
  const double mean = chains.col(0).mean();
  const double variance = (chains.col(0).array() - mean).square().sum() / (n - 1);
  CHECK(std::abs(mean - r * c) < z_bound * std::sqrt(expected / n));
  CHECK(std::abs(variance / expected - 1) < z_bound * std::sqrt(2 / n));
}

TEST_CASE("a mask of another size than the chains is refused with both") {
  Samples<float> chains = start(3);
  Serial executor;
  Workspace<float> workspace;
  CHECK(message_of<ebm::InvalidArgument>([&] {
          Langevin().run_holding<float>(mixing_energy(), chains, ebm::ElementMask(2, 30), 0, Rng{},
                                        executor, workspace);
        }) ==
        "Langevin::run_holding: 3 chains of 30 features expect a mask of that size, got 2x30");
}

TEST_CASE("no steps leave the chains as they are, and no chains are no work") {
  const auto energy = mixing_energy();
  const Langevin sampler({.steps = 0});
  CHECK(sampler.sample(energy, start(5)) == start(5));
  CHECK(sampler.sample(energy, start(0)).rows() == 0);
}

TEST_CASE("a warm run allocates nothing, on one thread or several") {
  const auto energy = tutorial_energy<float>();
  Workspace<float> workspace;
  Samples<float> chains = Samples<float>::Zero(40, 784);
  const Langevin sampler({.steps = 2});
  const ebm::ElementMask held = ebm::ElementMask::Constant(40, 784, true);
  const auto allocations_of = [&](auto& executor) {
    const auto before = allocation_count();
    sampler.run<float>(energy, chains, 0, Rng{}, executor, workspace);
    sampler.run_holding<float>(energy, chains, held, 0, Rng{}, executor, workspace);
    return allocation_count() - before;
  };
  RoundRobin warm_up{2};
  CHECK(allocations_of(warm_up) > 0);
  Serial serial;
  CHECK(allocations_of(serial) == 0);
  ebm::Threads threads(2);
  CHECK(allocations_of(threads) == 0);
}

TEST_CASE("what doesn't fit is refused with a sentence") {
  using ebm::InvalidArgument;
  const auto energy = mixing_energy();
  const Langevin sampler;
  CHECK(message_of<InvalidArgument>([&] { return sampler.sample(energy, Samples<float>(3, 7)); }) ==
        "Langevin: the energy expects 30 features a sample, got 7");
  Samples<float> broken = start(3);
  broken(1, 4) = std::numeric_limits<float>::quiet_NaN();
  CHECK(message_of<InvalidArgument>([&] { return sampler.sample(energy, broken); }) ==
        "Langevin: sample 1 holds a value that is not finite");
  Serial executor;
  Workspace<float> workspace;
  Samples<float> chains = start(3);
  CHECK(message_of<InvalidArgument>([&] {
          return sampler.trace<float>(energy, chains, 0, 0, Rng{}, executor, workspace);
        }) == "Langevin::trace: every must be >= 1, got 0");
}

TEST_CASE("an option outside of its range is refused with its name and value") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const auto message = [](const LangevinOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { return Langevin(options); });
  };
  CHECK(message({.steps = -1}) == "Langevin: steps must be >= 0, got -1");
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
        [&] { (void)Langevin(options).sample(Gaussian<2>(), Samples<float>::Zero(1, 2)); });
  };
  CHECK(message({.step_size = 1e300}) == "Langevin: step_size overflows: 1e+300");
  CHECK(message({.noise = 1e300}) == "Langevin: noise overflows: 1e+300");
  CHECK(message({.low = 1, .high = 1 + 1e-12}) == "Langevin: low and high are too close: 1 and 1");
}
