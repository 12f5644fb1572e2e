// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/expression.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/check_gradient.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

const auto rosenbrock = [](const auto& x) {
  return square(1.0 - x[0]) + 100.0 * square(x[1] - square(x[0]));
};

/// theta_0 ln(1 + (x_0 - theta_1)^2) + tanh(theta_0 x_1)
const auto formula = [](const auto& x, const auto& theta) {
  return theta[0] * log(1.0 + square(x[0] - theta[1])) + tanh(theta[0] * x[1]);
};

}  // namespace

TEST_CASE("an expression's energy is its formula, with the formula's gradient") {
  const auto energy = expression<Shape<2>>(rosenbrock);
  const auto samples = random_samples<double>(20, 2, 1);
  const auto values = energies(energy, samples);
  for (int i = 0; i < 20; ++i) {
    const double x = samples(i, 0), y = samples(i, 1);
    CHECK(values[i] == Approx((1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)));
  }
  check_energy_gradient(energy, samples);
}

TEST_CASE("an expression's parameters have the gradient of finite differences") {
  STATIC_REQUIRE(TrainableEnergy<decltype(expression<Shape<2>>(formula, std::array<double, 2>{}))>);
  auto energy = expression<Shape<2>>(formula, std::array{0.7, -0.3});
  const auto samples = random_samples<double>(lanes, 2, 2);
  check_energy_gradient(energy, samples);

  // Two blocks: gradients of parameters add up.
  std::vector<double> gradient(2);
  Tape<double, Wrt::both> tape;
  tape.set_parameter_gradient(gradient);
  Samples<double> input_gradient(lanes, 2);
  for (int round = 0; round < 2; ++round) {
    tape.clear();
    Pack<double>* values = tape.allocate(2);
    load_block<Shape<2>, double>(samples, 0, values);
    const auto x = tape.input<Shape<2>>(values);
    tape.backward(energy(x));
    store_block<Shape<2>, double>(x.adjoint_data(), 0, input_gradient);
  }
  const auto sum = [&] { return 2 * energies(energy, samples).sum(); };
  CHECK(relative_error(gradient, central_differences(energy, sum)) < 1e-6);
  CHECK(input_gradient == energy_gradients(energy, samples));
}

TEST_CASE("an expression describes its parameters") {
  const auto energy = expression<Shape<3>>(formula, std::array{1.0f, 2.0f});
  CHECK(energy.parameters()[1] == 2);
  const auto infos = energy.parameter_infos();
  REQUIRE(infos.size() == 1);
  CHECK(infos[0].name == "theta");
  CHECK(infos[0].shape == std::vector{2});
  CHECK(infos[0].size == 2);
  CHECK(infos[0].fan_in == 3);
}
