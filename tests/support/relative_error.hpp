// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

/// The largest |actual - expected|, relative to the largest |expected|; infinite if the sizes
/// differ or a value is NaN.
template <class Actual, class Expected>
[[nodiscard]] double relative_error(const Actual& actual, const Expected& expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::ssize(actual) != std::ssize(expected)) return infinity;
  double error = 0, scale = 0;
  auto value = std::data(actual);
  for (const auto* e = std::data(expected); e != std::data(expected) + std::ssize(expected); ++e) {
    const double difference = std::abs(static_cast<double>(*value++) - static_cast<double>(*e));
    error = std::isnan(difference) ? infinity : std::max(error, difference);
    scale = std::max(scale, std::abs(static_cast<double>(*e)));
  }
  return error == 0 ? 0 : error / scale;
}

/// What `relative_error` may be against numbers that were computed in float64.
template <class T>
inline constexpr double golden_tolerance = sizeof(T) == 4 ? 1e-5 : 1e-10;
