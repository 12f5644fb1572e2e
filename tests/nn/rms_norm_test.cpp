// SPDX-License-Identifier: MIT
#include <ebm/energy/neural.hpp>
#include <ebm/energy/second_order.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/rms_norm.hpp>

#include "support/batch_loss.hpp"
#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/network_passes.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

TEST_CASE("features are divided by their root mean square, and scaled in PyTorch's order") {
  using Net = Sequential<Shape<3, 2, 2>, RmsNorm<>>;
  STATIC_REQUIRE(Net::parameter_count == 12);
  CHECK(Net::parameter_infos().front().name == "norm1.weight");
  const auto x = random_samples<double>(20, 12, 1);
  const auto weight = random_values<double>(12, 2);
  const auto y = run_network<Net, Wrt::nothing, double>(weight, x, x).y;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const double rms = std::sqrt(x.row(i).squaredNorm() / 12 + 1e-5);
    for (Eigen::Index j = 0; j < 12; ++j) {
      CHECK(y(i, j) == Approx(weight[static_cast<std::size_t>(j)] * x(i, j) / rms).epsilon(1e-13));
    }
  }
}

TEST_CASE("its gradients and second derivatives are those of finite differences") {
  using Net = Sequential<Shape<2, 4, 3>, Conv2d<3, Kernel<3>, Stride<1>, Padding<1>>, RmsNorm<>,
                         Swish, Flatten, Linear<1>>;
  Neural<Net, double> energy(Rng{1});
  energy.change_parameters([](std::span<double> p) {
    for (std::size_t i = 0; i < p.size(); ++i) p[i] += 0.01 * static_cast<double>(i % 7);
  });
  const auto x = random_samples<double>(20, Net::Input::size, 1);
  const auto v = random_samples<double>(20, Net::Input::size, 2);
  BatchLoss loss(energy, x, v);
  const auto gradient = loss.gradient();
  CHECK(relative_error(gradient, central_differences(energy, [&] { return loss.value(); })) < 1e-6);

  constexpr double h = 1e-5;
  const Eigen::VectorXd slopes =
      (energies(energy, x + h * v) - energies(energy, x - h * v)) / (2 * h);
  CHECK(relative_error(slopes_along(energy, x, v), slopes) < 1e-7);
  const Samples<double> above = energy_gradients(energy, x + h * v),
                        below = energy_gradients(energy, x - h * v);
  CHECK(relative_error(hessian_vector_product(energy, x, v), ((above - below) / (2 * h)).eval()) <
        1e-6);
}
