// SPDX-License-Identifier: MIT
#include <ebm/energy/combine.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/expression.hpp>
#include <ebm/energy/likelihood.hpp>

#include "support/catch.hpp"
#include "support/check_gradient.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

TEST_CASE("the energy of an observation is half the squared distance in deviations") {
  using Image = Shape<2, 2, 3>;  // stored as [row][column][channel], given as NCHW
  const auto y = random_samples<double>(1, Image::size, 1);
  const auto x = random_samples<double>(20, Image::size, 2);
  const auto values = energies(GaussianLikelihood<Image>(y.row(0), 0.3), x);
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    CHECK(values[i] == Approx((x.row(i) - y.row(0)).squaredNorm() / (2 * 0.3 * 0.3)));
  }
}

TEST_CASE("an observation's energy has the gradient of finite differences, in sums too") {
  using Image = Shape<2, 2, 3>;
  const GaussianLikelihood<Image> likelihood(random_samples<double>(1, 12, 1).row(0), 0.7);
  const auto x = random_samples<double>(3, 12, 2);
  check_energy_gradient(likelihood, x);
  const auto prior =
      expression<Image>([](const auto& v) { return square(v(0, 0, 0) * v(1, 1, 2)); });
  check_energy_gradient(0.5 * likelihood + prior, x);
}

TEST_CASE("observations that can't be are refused") {
  const auto message = [](const Eigen::RowVectorXf& y, double deviation) {
    return message_of<InvalidArgument>([&] { GaussianLikelihood<Shape<2>>(y, deviation); });
  };
  Eigen::RowVectorXf y(2);
  y << 1, 2;
  CHECK(message(y.head(1), 1) ==
        "GaussianLikelihood: expected observations of 2 features, got 1 of 1");
  CHECK(message(y, 0) == "GaussianLikelihood: deviation must be > 0 and finite, got 0");
  y[1] = std::nanf("");
  CHECK(message(y, 1) == "GaussianLikelihood: an observation is not finite");
}
