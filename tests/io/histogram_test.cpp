// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/io/histogram.hpp>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

using ebm::io::Histogram;
using Values = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

Histogram histogram_of(const Values& values) {
  return ebm::io::make_histogram(std::span<const double>(values));
}

/// TensorFlow's limits, by its own loop.
Values all_limits() {
  Values limits{0.0};
  for (double edge = 1e-12; edge < 1e20; edge *= 1.1) limits.insert(limits.end(), {edge, -edge});
  limits.insert(limits.end(), {largest, -largest});
  std::ranges::sort(limits);
  return limits;
}

/// The limit of the bucket of a value that is on no edge.
double limit_above(double value) {
  static const Values limits = all_limits();
  return *std::ranges::upper_bound(limits, value);
}

}  // namespace

TEST_CASE("a value of any size and sign is in the bucket whose limit is the next above it") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-330, 308);
  for (int i = 0; i < 20'000; ++i) {
    const double size = std::pow(10.0, i % 2 == 0 ? exponent(random) : exponent(random) / 15);
    if (size == 0) continue;  // smaller than double can hold
    for (const double value : {size, -size}) {
      const auto histogram = histogram_of({value});
      REQUIRE(histogram.bucket_counts == Values{1});
      REQUIRE(histogram.bucket_limits == Values{limit_above(value)});
    }
  }
}

TEST_CASE("a value on an edge belongs to the bucket that is further from zero") {
  const auto limits = all_limits();
  for (std::size_t i = 1; i + 1 < limits.size(); ++i) {
    const double edge = limits[i];
    INFO(edge);
    CHECK(histogram_of({edge}).bucket_limits == Values{edge >= 0 ? limits[i + 1] : edge});
  }
}

TEST_CASE("zeros of both signs are in the first bucket above zero") {
  const auto histogram = histogram_of({0.0, -0.0, 0.0});
  CHECK(histogram.bucket_limits == Values{1e-12});
  CHECK(histogram.bucket_counts == Values{3});
  CHECK(histogram.count == 3);
}

TEST_CASE("a histogram has the count, extremes and moments of its values") {
  const auto histogram = histogram_of({-2.0, 0.5, 3.0});
  CHECK(histogram.count == 3);
  CHECK(histogram.min == -2.0);
  CHECK(histogram.max == 3.0);
  CHECK(histogram.sum == 1.5);
  CHECK(histogram.sum_squares == 13.25);
  CHECK(histogram.non_finite_count == 0);
}

TEST_CASE("empty buckets between values are one bucket, those outside of them are left out") {
  const auto histogram = histogram_of({-1.05, 1.05, 1.05});
  CHECK(histogram.bucket_counts == Values{1, 0, 2});
  REQUIRE(histogram.bucket_limits.size() == 3);
  CHECK(histogram.bucket_limits[0] == limit_above(-1.05));
  CHECK(histogram.bucket_limits[2] == limit_above(1.05));
  CHECK(histogram.bucket_limits[2] == Approx(1.1 * histogram.bucket_limits[1]));
}

TEST_CASE("the histogram of nothing has one empty bucket and no figure that isn't finite") {
  const auto histogram = histogram_of({});
  CHECK(histogram.count == 0);
  CHECK(histogram.min == 0);
  CHECK(histogram.max == 0);
  CHECK(histogram.bucket_counts == Values{0});
  CHECK(histogram.bucket_limits.size() == 1);
}

TEST_CASE("NaN and infinities are counted apart, and the rest is as without them") {
  const auto histogram = histogram_of({infinity, 1.0, std::nan(""), -infinity, 2.0});
  const auto without = histogram_of({1.0, 2.0});
  CHECK(histogram.non_finite_count == 3);
  CHECK(histogram.count == 2);
  CHECK(histogram.min == 1);
  CHECK(histogram.max == 2);
  CHECK(histogram.sum == 3);
  CHECK(histogram.bucket_limits == without.bucket_limits);
  CHECK(histogram.bucket_counts == without.bucket_counts);
  CHECK(histogram_of({infinity}).max == 0);
}

TEST_CASE("the largest numbers that double holds have buckets, and finite limits") {
  const auto histogram = histogram_of({-largest, largest});
  CHECK(histogram.bucket_counts == Values{1, 0, 1});
  CHECK(histogram.bucket_limits.back() == largest);
  CHECK(histogram.bucket_limits.front() > -largest);
}
