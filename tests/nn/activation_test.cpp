// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/sequential.hpp>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/network_passes.hpp"

namespace {

/// The largest error of values of size 1, or the largest relative one where they are larger.
template <class Actual>
double largest_error(const Actual& actual, const std::vector<double>& expected) {
  double largest = 0;
  for (Eigen::Index i = 0; i < actual.size(); ++i) {
    const double e = expected.at(static_cast<std::size_t>(i));
    const double difference = std::abs(static_cast<double>(actual.data()[i]) - e);
    if (!(difference / std::max(1.0, std::abs(e)) <= largest)) {
      largest = difference / std::max(1.0, std::abs(e));
    }
  }
  return largest;
}

/// Value and slope of an activation at the golden points are PyTorch's, to so many units in the
/// last place of 1.
template <class Activation, class T>
void check_golden(const Golden& golden, const std::string& name, const char* x_name, double units,
                  double slope_units) {
  CAPTURE(name);
  using Net = ebm::Sequential<ebm::Scalar, Activation>;
  const auto x = golden.samples<T>(x_name);
  const auto passes =
      run_network<Net, ebm::Wrt::both, T>({}, x, ebm::Samples<T>::Ones(x.rows(), 1));
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  CHECK(largest_error(passes.y, golden.values<double>(name + "/y")) < units * epsilon);
  CHECK(largest_error(passes.gx, golden.values<double>(name + "/gx")) < slope_units * epsilon);
}

}  // namespace

TEMPLATE_TEST_CASE("activations and their slopes are PyTorch's from -100 to 100", "", float,
                   double) {
  using T = TestType;
  // x (1 - s(x)) has x times the error of 1 - s(x), until that is 0 at about 17 (double: 37).
  check_golden<ebm::Swish, T>(Golden("layers.safetensors"), "swish", "swish/x", 4, 20);
  const Golden golden("activations.safetensors");
  check_golden<ebm::Relu, T>(golden, "relu", "x", 1, 1);
  check_golden<ebm::LeakyRelu<>, T>(golden, "leaky_relu", "x", 1, 1);
  check_golden<ebm::Softplus, T>(golden, "softplus", "x", 4, 4);
  check_golden<ebm::Elu, T>(golden, "elu", "x", 4, 4);
  check_golden<ebm::Gelu, T>(golden, "gelu", "x", 4, 8);
  check_golden<ebm::Tanh, T>(golden, "tanh", "x", 4, 4);
}

TEST_CASE("kinks have PyTorch's slopes, and NaN stays NaN") {
  const auto slope_at = []<class A>(A, double x) {
    ebm::Pack<double> value, slope;
    A::value_and_slope(ebm::Pack<double>(x), value, slope);
    return slope.lane(0);
  };
  CHECK(slope_at(ebm::Relu(), 0) == 0);
  CHECK(slope_at(ebm::LeakyRelu<std::ratio<1, 4>>(), 0) == 0.25);
  CHECK(slope_at(ebm::Elu(), 0) == 1);
  const ebm::Pack<double> nan(std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(ebm::Relu::value(nan).lane(0)));
  CHECK(std::isnan(ebm::LeakyRelu<>::value(nan).lane(0)));
  CHECK(std::isnan(ebm::Gelu::value(nan).lane(0)));
}
