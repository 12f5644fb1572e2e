// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/evaluate.hpp>

#include "support/catch.hpp"
#include "support/check_gradient.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

constexpr int count = 20;

/// Checks energies in float and double against `formula(sample)`, and gradients in double.
template <class E, class F>
void check_energy(const E& energy, const F& formula) {
  const auto samples = Samples<double>(2 * random_samples<double>(count, E::Input::size, 1));
  const auto values = energies(energy, samples);
  const auto rounded = energies(energy, samples.template cast<float>());
  for (int i = 0; i < count; ++i) {
    CAPTURE(i);
    const double expected = formula(samples.row(i));
    CHECK(values[i] == Approx(expected).epsilon(1e-13).margin(1e-13));
    CHECK(static_cast<double>(rounded[i]) == Approx(expected).epsilon(1e-5).margin(1e-5));
  }
  check_energy_gradient(energy, samples);
}

double squared(double x) {
  return x * x;
}

}  // namespace

TEST_CASE("a Gaussian's energy is half the squared distance in deviations") {
  check_energy(Gaussian<3>({1, -2, 0.5}, {0.5, 2, 1}), [](const auto& x) {
    return (squared((x[0] - 1) / 0.5) + squared((x[1] + 2) / 2) + squared(x[2] - 0.5)) / 2;
  });
  check_energy(Gaussian<2>(), [](const auto& x) { return (squared(x[0]) + squared(x[1])) / 2; });
}

TEST_CASE("a mixture's energy is minus the log of its normalised density") {
  const GaussianMixture<2> mixture({{1, {-1, 0}}, {3, {1, 0.5}}}, 0.4);
  check_energy(mixture, [](const auto& x) {
    const auto density = [&](double a, double b) {
      return std::exp(-(squared(x[0] - a) + squared(x[1] - b)) / (2 * 0.16)) /
             (2 * 3.14159265358979323846 * 0.16);
    };
    return -std::log(0.25 * density(-1, 0) + 0.75 * density(1, 0.5));
  });
}

TEST_CASE("a mixture's density integrates to 1") {
  const GaussianMixture<1> mixture({{2, {-1}}, {1, {0.5}}}, 0.3);
  constexpr int points = 4001;
  const auto grid = Samples<double>(Eigen::VectorXd::LinSpaced(points, -6, 6));
  const double width = 12.0 / (points - 1);
  CHECK((-energies(mixture, grid)).array().exp().sum() * width == Approx(1).epsilon(1e-10));
}

TEST_CASE("a mixture far away from its components keeps a finite energy and gradient") {
  const GaussianMixture<1> mixture({{1, {-1}}, {1, {1}}}, 0.1);
  const Samples<float> far = Samples<float>::Constant(1, 1, 1000);
  CHECK(energies(mixture, far)[0] == Approx(999.0 * 999 / 0.02).epsilon(1e-5));
  CHECK(energy_gradients(mixture, far)(0, 0) == Approx(999 / 0.01).epsilon(1e-5));
}

TEST_CASE("a double well has its minima at -1 and 1, and its height between them") {
  check_energy(DoubleWell<2>(3),
               [](const auto& x) { return 3 * squared(squared(x[0]) - 1) + squared(x[1]) / 2; });
  Samples<double> points(3, 1);
  points << -1, 0, 1;
  const auto values = energies(DoubleWell<1>(3), points);
  CHECK(values[0] == 0);
  CHECK(values[1] == 3);
  CHECK(values[2] == 0);
  CHECK(energy_gradients(DoubleWell<1>(3), points).isZero());
}

TEST_CASE("analytic energies refuse parameters without a distribution") {
  CHECK(message_of<InvalidArgument>([] { Gaussian<2>({0, 0}, {1, 0}); }) ==
        "Gaussian: deviation must be > 0 and finite, got 0");
  CHECK_THROWS_AS(Gaussian<1>({0}, {-1}), InvalidArgument);
  CHECK(message_of<InvalidArgument>([] { GaussianMixture<1>({}, 1); }) ==
        "GaussianMixture: at least one component expected");
  CHECK(message_of<InvalidArgument>([] { GaussianMixture<1>({{0, {0}}}, 1); }) ==
        "GaussianMixture: weights must be > 0 and finite, got 0");
  CHECK_THROWS_AS(GaussianMixture<1>({{1, {0}}}, 0), InvalidArgument);
  CHECK_THROWS_AS(GaussianMixture<1>({{1e308, {0}}, {1e308, {1}}}, 1), InvalidArgument);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(Gaussian<1>({std::nan("")}, {1}), InvalidArgument);
  CHECK_THROWS_AS(Gaussian<1>({0}, {infinity}), InvalidArgument);
  CHECK_THROWS_AS(GaussianMixture<1>({{infinity, {0}}}, 1), InvalidArgument);
  CHECK_THROWS_AS(GaussianMixture<1>({{1, {infinity}}}, 1), InvalidArgument);
  CHECK_THROWS_AS(GaussianMixture<1>({{1, {0}}}, infinity), InvalidArgument);
  CHECK_THROWS_AS(DoubleWell<1>(infinity), InvalidArgument);
  CHECK(message_of<InvalidArgument>([] { DoubleWell<1>(-2); }) ==
        "DoubleWell: height must be > 0 and finite, got -2");
}
