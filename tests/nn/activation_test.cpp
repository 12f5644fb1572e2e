// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/nn/activation.hpp>
#include <ebm/nn/sequential.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/network_passes.hpp"
#include "support/relative_error.hpp"

TEMPLATE_TEST_CASE("Swish and its slope are PyTorch's from -100 to 100", "", float, double) {
  using T = TestType;
  using Net = ebm::Sequential<ebm::Scalar, ebm::Swish>;
  const Golden golden("layers.safetensors");
  const auto x = golden.samples<T>("swish/x");
  const auto passes =
      run_network<Net, ebm::Wrt::both, T>({}, x, ebm::Samples<T>::Ones(x.rows(), 1));

  // Measured against values of size 1, or against the value itself where it is larger: near the
  // zero of the slope the rounding of x to float shows.
  const auto largest_error = [](const auto& actual, const std::vector<double>& expected) {
    double largest = 0;
    for (Eigen::Index i = 0; i < actual.size(); ++i) {
      const double e = expected.at(static_cast<std::size_t>(i));
      const double difference = std::abs(static_cast<double>(actual.data()[i]) - e);
      if (!(difference / std::max(1.0, std::abs(e)) <= largest)) {
        largest = difference / std::max(1.0, std::abs(e));
      }
    }
    return largest;
  };
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  CHECK(largest_error(passes.y, golden.values<double>("swish/y")) < 4 * epsilon);
  // x (1 - s(x)) has x times the error of 1 - s(x), until that is 0 at about 17 (double: 37).
  CHECK(largest_error(passes.gx, golden.values<double>("swish/gx")) < 20 * epsilon);
}
