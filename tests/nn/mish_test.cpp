// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/expression.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/energy/second_order.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/mish.hpp>

#include "support/catch.hpp"
#include "support/network_passes.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

TEMPLATE_TEST_CASE("mish and its slope are the formula's from -80 to 80", "", float, double) {
  using T = TestType;
  using Net = Sequential<Scalar, Mish>;
  const Samples<T> x = 80 * random_samples<T>(2000, 1, 1);
  const auto passes = run_network<Net, Wrt::both, T>({}, x, Samples<T>::Ones(x.rows(), 1));
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const long double a = x(i, 0);
    const long double soft = a > 0 ? a + std::log1p(std::exp(-a)) : std::log1p(std::exp(a));
    const long double t = std::tanh(soft), s = 1 / (1 + std::exp(-a));
    const auto scale = std::fmax(1.0L, std::fabs(a));
    CHECK(std::fabs(passes.y(i, 0) - a * t) < 8 * epsilon * scale);
    CHECK(std::fabs(passes.gx(i, 0) - (t + a * (1 - t * t) * s)) < 20 * epsilon * scale);
  }
}

TEST_CASE("mish is a layer that is differentiated twice, and a function in formulas") {
  const Neural<Sequential<Shape<3>, Linear<5>, Mish, Linear<1>>, double> energy(Rng{1});
  const auto x = random_samples<double>(10, 3, 1), v = random_samples<double>(10, 3, 2);
  constexpr double h = 1e-5;
  const Samples<double> above = energy_gradients(energy, x + h * v),
                        below = energy_gradients(energy, x - h * v);
  CHECK(relative_error(hessian_vector_product(energy, x, v), ((above - below) / (2 * h)).eval()) <
        1e-6);
  const auto formula = expression<Shape<1>>([](const auto& a) { return activate<Mish>(a[0]); });
  CHECK(energies(formula, Samples<double>::Constant(1, 1, 1.0))[0] ==
        Approx(std::tanh(std::log1p(std::exp(1.0)))));
}
