// SPDX-License-Identifier: MIT
#include <ebm/sampler/hmc.hpp>

#include <array>
#include <cmath>
#include <ebm/energy/expression.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/mala.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <functional>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::Hmc;
using ebm::Mala;
using ebm::Rng;
using ebm::Samples;
using Eigen::Index;

/// A function of a sample of two features, and its expectation.
struct Moment {
  std::function<double(double, double)> of;
  double expected;
};

/// Two features of deviations 1 and 2 and correlation r.
constexpr double r = 0.8, deviation = 2;

auto correlated_gaussian() {
  return ebm::expression<ebm::Shape<2>>([](const auto& x) {
    using T = typename std::remove_cvref_t<decltype(x)>::value_type;
    const auto y = x[1] * static_cast<T>(1 / deviation);
    return (ebm::square(x[0]) + ebm::square(y) - x[0] * y * static_cast<T>(2 * r)) *
           static_cast<T>(0.5 / (1 - r * r));
  });
}

const std::vector<Moment> gaussian_moments{
    {[](double x, double) { return x; }, 0},
    {[](double, double y) { return y; }, 0},
    {[](double x, double) { return x * x; }, 1},
    {[](double, double y) { return y * y; }, deviation* deviation},
    {[](double x, double y) { return x * y; }, r* deviation},
    {[](double x, double) { return x * x * x * x; }, 3},
    {[](double, double y) { return y * y * y * y; }, 3 * std::pow(deviation, 4)}};

/// x0 is standard normal, x1 normal around bend (x0^2 - 1) with deviation 1.
constexpr double bend = 0.5;

auto banana() {
  return ebm::expression<ebm::Shape<2>>([](const auto& x) {
    using T = typename std::remove_cvref_t<decltype(x)>::value_type;
    const auto rest = x[1] - (ebm::square(x[0]) - T(1)) * static_cast<T>(bend);
    return (ebm::square(x[0]) + ebm::square(rest)) * T(0.5);
  });
}

// With q = x0^2 - 1: E q^2 = 2, E q^4 = 60.
const std::vector<Moment> banana_moments{
    {[](double x, double) { return x; }, 0},
    {[](double, double y) { return y; }, 0},
    {[](double x, double) { return x * x; }, 1},
    {[](double, double y) { return y * y; }, 1 + 2 * bend* bend},
    {[](double x, double y) { return x * x * y; }, 2 * bend},
    {[](double x, double) { return x * x * x * x; }, 3},
    {[](double, double y) { return y * y * y * y; }, 3 + 12 * bend* bend + 60 * std::pow(bend, 4)}};

/// How far the mean over chains is from the expectation, in its standard errors, for the moment
/// that is furthest.
template <class T>
double largest_z(const Samples<T>& chains, const std::vector<Moment>& moments) {
  double largest = 0;
  const auto n = static_cast<double>(chains.rows());
  for (const Moment& moment : moments) {
    double sum = 0, squares = 0;
    for (Index i = 0; i < chains.rows(); ++i) {
      const double value =
          moment.of(static_cast<double>(chains(i, 0)), static_cast<double>(chains(i, 1)));
      sum += value;
      squares += value * value;
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    largest = std::max(largest, std::abs(mean - moment.expected) / std::sqrt(variance / n));
  }
  return largest;
}

// Chains are independent, so |z| is above 5.3 with probability 1.2e-7 in each of the 7 moments of a
// test, were they normal; fourth moments of 40,000 chains are skewed, which doubles that: 1e-6 in
// all. The smallest errors that are seen: 0.03 deviations in a mean, 4 % in a variance, 9 % in a
// fourth moment.
constexpr double bound = 5.3;
constexpr Index count = 40000;

}  // namespace

TEMPLATE_TEST_CASE("MALA and HMC have the distribution exp(-E) whatever their step size", "", float,
                   double) {
  using T = TestType;
  const auto check = [](const auto& transition, int steps, const auto& energy,
                        const std::vector<Moment>& moments, double least, double most) {
    Samples<T> chains = Samples<T>::Constant(count, 2, T(0.5));
    const auto report = run_chains(transition, energy, chains, {.steps = steps, .rng = Rng{5}});
    CHECK(report.acceptance() > least);
    CHECK(report.acceptance() < most);
    CHECK(largest_z(chains, moments) < bound);
  };
  SECTION("a correlated Gaussian") {
    const auto energy = correlated_gaussian();
    check(Mala{{.step_size = 0.3}}, 120, energy, gaussian_moments, 0.6, 0.9);
    check(Hmc{{.step_size = 0.5, .leapfrog_steps = 4}}, 40, energy, gaussian_moments, 0.7, 0.98);
  }
  SECTION("a banana") {
    check(Mala{{.step_size = 0.4}}, 160, banana(), banana_moments, 0.6, 0.9);
    check(Hmc{{.step_size = 0.6, .leapfrog_steps = 4}}, 50, banana(), banana_moments, 0.6, 0.95);
  }
}

TEST_CASE("unadjusted Langevin with MALA's step size is seen to be biased") {
  const double step_size = 0.3;
  const ebm::UnboundedLangevin unadjusted({.step_size = step_size, .noise = std::sqrt(0.6)});
  const Samples<double> start = Samples<double>::Constant(count, 2, 0.5);
  CHECK(largest_z(chain_ends(unadjusted, correlated_gaussian(), start, {.steps = 120}),
                  gaussian_moments) > 4 * bound);
}

TEST_CASE("a step of HMC follows its equations, rejections included") {
  // One feature, E = x^2 / 2 and a step size near the limit of stability.
  const Hmc hmc({.step_size = 1.8, .leapfrog_steps = 3});
  Samples<double> chains = Samples<double>::Constant(200, 1, 0.7);
  const Samples<double> start = chains;
  const auto report =
      run_chains(hmc, ebm::Gaussian<1>(), chains, {.steps = 1, .rng = Rng{6}, .first_chain = 1000});
  int accepted = 0;
  for (Index chain = 0; chain < chains.rows(); ++chain) {
    const auto id = 1000 + static_cast<std::uint64_t>(chain);
    const ebm::ChainDraws<double, 1> momenta(Rng{6}.stream(ebm::Purpose::chain_noise), id);
    const ebm::ChainDraws<double, 1> acceptance(Rng{6}.stream(ebm::Purpose::acceptance), id);
    double x = start(chain, 0), p = momenta.normal(0, 0)[0].lane(0);
    const double before = (x * x + p * p) / 2;
    for (int leap = 0; leap < 3; ++leap) {
      p -= 0.9 * x;
      x += 1.8 * p;
      p -= 0.9 * x;
    }
    const double u = ebm::uniform_open<double>(acceptance.words(0, 0)[0]).lane(0);
    const bool is_accepted = std::log(u) < before - (x * x + p * p) / 2;
    accepted += is_accepted ? 1 : 0;
    CHECK(chains(chain, 0) == Approx(is_accepted ? x : 0.7).epsilon(1e-12));
  }
  CHECK(accepted > 0);
  CHECK(accepted < 200);
  CHECK(report.accepted == accepted);
}

TEST_CASE("MALA is accepted by the ratio of its proposal's densities") {
  // The textbook's form, with q(x' | x) normal around x - step_size g(x).
  const double step_size = 0.9;
  Samples<double> chains = Samples<double>::Constant(200, 1, 1.2);
  run_chains(Mala{{.step_size = step_size}}, ebm::DoubleWell<1>(0.5), chains,
             {.steps = 1, .rng = Rng{7}});
  const auto energy = [](double x) { return 0.5 * (x * x - 1) * (x * x - 1); };
  const auto drift = [&](double x) { return x - step_size * 2 * x * (x * x - 1); };
  const auto log_q = [&](double to, double from) {
    return -(to - drift(from)) * (to - drift(from)) / (4 * step_size);
  };
  int accepted = 0;
  for (Index chain = 0; chain < chains.rows(); ++chain) {
    const auto id = static_cast<std::uint64_t>(chain);
    const ebm::ChainDraws<double, 1> momenta(Rng{7}.stream(ebm::Purpose::chain_noise), id);
    const ebm::ChainDraws<double, 1> acceptance(Rng{7}.stream(ebm::Purpose::acceptance), id);
    const double x = 1.2;
    const double to = drift(x) + std::sqrt(2 * step_size) * momenta.normal(0, 0)[0].lane(0);
    const double u = ebm::uniform_open<double>(acceptance.words(0, 0)[0]).lane(0);
    const bool is_accepted = std::log(u) < energy(x) - energy(to) + log_q(x, to) - log_q(to, x);
    accepted += is_accepted ? 1 : 0;
    CHECK(chains(chain, 0) == Approx(is_accepted ? to : x).epsilon(1e-10));
  }
  CHECK(accepted > 20);
  CHECK(accepted < 180);
}

TEST_CASE("what is not finite on the way is rejected, and the chain stays") {
  // E = exp(x^2) overflows a little away from 0.
  const auto steep = ebm::expression<ebm::Shape<1>>(
      [](const auto& x) { return ebm::exp(ebm::square(x[0]) * 50.0f); });
  Samples<float> chains = Samples<float>::Zero(100, 1);
  const auto report =
      run_chains(Hmc{{.step_size = 2, .leapfrog_steps = 2}}, steep, chains, {.steps = 20});
  CHECK(chains.allFinite());
  CHECK(report.acceptance() < 0.5);
}

TEST_CASE("options of HMC and MALA outside of their ranges are refused with name and value") {
  const auto of_hmc = [](const ebm::HmcOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { return Hmc(options); });
  };
  CHECK(of_hmc({.step_size = 0}) == "Hmc: step_size must be > 0 and finite, got 0");
  CHECK(of_hmc({.step_size = std::nan("")}) == "Hmc: step_size must be > 0 and finite, got nan");
  CHECK(of_hmc({.leapfrog_steps = 0}) == "Hmc: leapfrog_steps must be >= 1, got 0");
  CHECK(message_of<ebm::InvalidArgument>([] { return Mala({.step_size = -1}); }) ==
        "Mala: step_size must be > 0 and finite, got -1");
  CHECK(message_of<ebm::InvalidArgument>([] {
          return chain_ends(Hmc({.step_size = 1e300}), ebm::Gaussian<1>(),
                            Samples<float>::Zero(1, 1));
        }) == "Hmc: step_size is out of range: 1e+300");
}
