// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/nn/parameters.hpp>
#include <span>
#include <vector>

#include "support/catch.hpp"

using namespace ebm;

namespace {

constexpr int weights = 100000;

/// A layer with a large weight and as large a bias, and a second one like it.
const std::vector<ParameterInfo> infos{
    {"linear1.weight", {weights / 25, 25}, 0, weights, 25},
    {"linear1.bias", {weights}, weights, weights, 25},
    {"linear2.weight", {weights / 100, 100}, 2 * weights, weights, 100}};

template <class T>
std::vector<T> initialised(Rng rng) {
  std::vector<T> parameters(3 * weights);
  KaimingUniform{}(infos, rng, std::span(parameters));
  return parameters;
}

}  // namespace

TEMPLATE_TEST_CASE("Kaiming-uniform parameters fill +-1 / sqrt(fan_in) evenly", "", float, double) {
  const auto parameters = initialised<TestType>(Rng{7});
  for (const auto& info : infos) {
    CAPTURE(info.name);
    const double bound = 1 / std::sqrt(info.fan_in);
    const std::span part(parameters.data() + info.offset, static_cast<std::size_t>(info.size));
    double mean = 0, square = 0, largest = 0;
    for (const TestType value : part) {
      const double u = static_cast<double>(value) / bound;
      mean += u / weights;
      square += u * u / weights;
      largest = std::max(largest, std::abs(u));
    }
    // For u uniform in [-1, 1): variance 1 / 3, and u^2 has variance 4 / 45. A correct generator
    // fails each of these once in 10^6 seeds (4.9 standard deviations, two-sided).
    CHECK(std::abs(mean) < 4.9 * std::sqrt(1.0 / 3 / weights));
    CHECK(std::abs(square - 1.0 / 3) < 4.9 * std::sqrt(4.0 / 45 / weights));
    CHECK(largest <= 1 + 1e-7);
    CHECK(largest > 1 - 13.8 / weights);  // (1 - 13.8 / n)^n = 10^-6
  }
}

TEST_CASE("every parameter has draws of its own, which the seed decides") {
  const auto one = initialised<float>(Rng{1}), again = initialised<float>(Rng{1});
  const auto other = initialised<float>(Rng{2});
  CHECK(one == again);
  CHECK(one != other);
  const auto at = [&](int tensor) {
    const auto& info = infos.at(static_cast<std::size_t>(tensor));
    std::vector<double> scaled;
    for (int i = 0; i < 1000; ++i) {
      const float value = one.at(static_cast<std::size_t>(info.offset + i));
      scaled.push_back(static_cast<double>(value) * std::sqrt(info.fan_in));
    }
    return scaled;
  };
  const auto correlation = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum / (static_cast<double>(a.size()) / 3);
  };
  // Independent draws: standard deviation 1 / sqrt(1000), one failure in 10^6 seeds.
  CHECK(std::abs(correlation(at(0), at(1))) < 4.9 / std::sqrt(1000.0));
  CHECK(std::abs(correlation(at(0), at(2))) < 4.9 / std::sqrt(1000.0));
  CHECK(std::abs(correlation(at(1), at(2))) < 4.9 / std::sqrt(1000.0));
}
