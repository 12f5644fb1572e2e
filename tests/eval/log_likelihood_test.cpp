// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Conditioned<Shape<3>, Shape<9>>, Linear<8>, AddCondition, Swish, Linear<1>>;

constexpr double pi = 3.14159265358979323846;

double normal_log_density(const Samples<double>& x, Eigen::Index row, double mean,
                          double variance) {
  return -(x.row(row).array() - mean).square().sum() / (2 * variance) -
         static_cast<double>(x.cols()) / 2 * std::log(2 * pi * variance);
}

/// Data that are N(0.5, 0.36) in each feature: right at every level.
NoiseConditional<Net, double> gaussian_data() {
  NoiseConditional<Net, double> energy({.mean = 0.5, .deviation = 0.6});
  energy.change_parameters([](auto p) { std::fill(p.begin(), p.end(), 0.0); });
  return energy;
}

}  // namespace

TEST_CASE("the likelihood of a Gaussian is its own, exactly and by probes") {
  const auto energy = gaussian_data();
  const auto x = random_samples<double>(20, 3, 1);
  const auto levels = power_levels({.count = 400, .high = 20, .low = 0.1});
  Threads threads(2);
  for (const int probes : {0, 1, 3}) {  // its Hessian is diagonal: v^T H v is the trace for all v
    const auto log_p = log_likelihood(energy, x, levels, {.probes = probes}, Rng{1}, threads);
    for (Eigen::Index row = 0; row < 20; ++row) {
      CHECK(log_p[row] == Approx(normal_log_density(x, row, 0.5, 0.36 + 0.01)).margin(1e-3));
    }
  }
}

TEST_CASE("the density of a network that has learnt nothing integrates to 1") {
  using Line = Sequential<Conditioned<Shape<1>, Shape<9>>, Linear<8>, AddCondition, Swish,
                          Linear<8>, AddCondition, Swish, Linear<1>>;
  const NoiseConditional<Line, double> energy({.mean = 0.2, .deviation = 0.5, .gain = 4}, Rng{3});
  constexpr int count = 801;
  Samples<double> x(count, 1);
  for (int i = 0; i < count; ++i) x(i, 0) = -8 + 16.0 * i / (count - 1);
  const auto log_p = log_likelihood(energy, x, power_levels({.count = 400, .high = 20, .low = 0.1}),
                                    {.probes = 0});
  CHECK(log_p.array().exp().sum() * 16 / (count - 1) == Approx(1).epsilon(2e-3));
  // It is not the Gaussian that an energy without a network has.
  CHECK(std::abs(log_p[400] - normal_log_density(x, 400, 0.2, 0.26)) > 0.02);
}

TEST_CASE("probes estimate the trace without bias") {
  const NoiseConditional<Net, double> energy({.deviation = 0.6, .gain = 8}, Rng{3});
  const auto x = random_samples<double>(4, 3, 1);
  const auto levels = power_levels({.count = 12});
  const auto exact = log_likelihood(energy, x, levels, {.probes = 0});
  const auto one = log_likelihood(energy, x, levels, {.probes = 1}, Rng{5});
  const auto many = log_likelihood(energy, x, levels, {.probes = 400}, Rng{5});
  CHECK((one - exact).cwiseAbs().maxCoeff() > 1e-3);
  CHECK((many - exact).cwiseAbs().maxCoeff() < 0.2 * (one - exact).cwiseAbs().maxCoeff());
}

TEST_CASE("bits are those of bins, and what makes no sense is refused") {
  // Uniform in [-1, 1): 256 bins of 2 / 256, 8 bits each.
  CHECK(bits_per_dimension(3 * std::log(0.5), 3, 2 / 256.0) == Approx(8));
  const auto energy = gaussian_data();
  const auto x = random_samples<double>(2, 3, 1);
  const auto message = [&](const std::vector<double>& levels, int probes) {
    return message_of<InvalidArgument>(
        [&] { static_cast<void>(log_likelihood(energy, x, levels, {.probes = probes})); });
  };
  CHECK(message({1}, 1) == "log_likelihood: at least two levels expected, got 1");
  CHECK(message({1, 2}, 1) == "log_likelihood: levels must fall and be > 0, got 2 after 1");
  CHECK(message({2, 1}, -1) == "log_likelihood: probes must be >= 0, got -1");
  CHECK(message_of<InvalidArgument>([] { static_cast<void>(bits_per_dimension(1, 0, 1)); }) ==
        "bits_per_dimension: features must be >= 1, got 0");
}
