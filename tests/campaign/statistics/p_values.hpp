// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// How unlikely what was seen is, if all is well.
namespace statistics {

/// A test that has been made: its p-value is uniform in (0, 1) if all is well.
struct Test {
  std::string name;
  double p;
};

/// P(Z <= x) of the standard normal distribution.
inline double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

/// The x that a standard normal number is below with probability p, 0 < p < 1.
inline double normal_quantile(double p) {
  double low = -40, high = 40;
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return high;
}

/// The two tails of the gamma distribution of shape `a` at `x`; each is exact where it is small.
struct GammaTails {
  double lower, upper;
};

/// Source: Abramowitz & Stegun, 6.5.29 (series) and 6.5.31 (continued fraction).
inline GammaTails gamma_tails(double a, double x) {
  if (x <= 0) return {0, 1};
  const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > epsilon * sum; ++n) sum += term *= x / n;
    return {front * sum, 1 - front * sum};
  }
  // Lentz: the fraction is a product of ratios of numerators and denominators.
  double b = x + 1 - a, c = 1 / std::numeric_limits<double>::min(), d = 1 / b, fraction = d;
  for (double n = 1;; ++n) {
    const double factor = n * (a - n);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 4 * epsilon) break;
  }
  return {1 - front * fraction, front * fraction};
}

/// Both sides count: what is too good to be true is no more likely than what is too bad.
inline double two_sided(double lower, double upper) {
  return std::min(1.0, 2 * std::min(lower, upper));
}

/// `score` is standard normal if all is well.
inline Test normal_test(std::string name, double score) {
  const double size = std::isfinite(score) ? std::abs(score) : 40;
  return {std::move(name), std::erfc(size / std::sqrt(2.0))};
}

/// `statistic` has a chi-square distribution if all is well.
inline Test chi_square_test(std::string name, double statistic, double freedom) {
  if (!std::isfinite(statistic)) return {std::move(name), 0};
  const GammaTails tails = gamma_tails(freedom / 2, statistic / 2);
  return {std::move(name), two_sided(tails.lower, tails.upper)};
}

/// `count` has a Poisson distribution of mean `mean` if all is well.
inline Test poisson_test(std::string name, std::uint64_t count, double mean) {
  const double n = static_cast<double>(count);
  const double at_most = gamma_tails(n + 1, mean).upper;
  const double at_least = count == 0 ? 1 : gamma_tails(n, mean).lower;
  return {std::move(name), two_sided(at_most, at_least)};
}

/// `count` of `draws`, each with probability p; many are expected with and without it.
inline Test share_test(std::string name, std::uint64_t count, std::uint64_t draws, double p) {
  const double n = static_cast<double>(draws);
  return normal_test(std::move(name),
                     (static_cast<double>(count) - n * p) / std::sqrt(n * p * (1 - p)));
}

/// What cells must hold for the chi-square distribution to be a good approximation far out.
constexpr double least_expected = 100;

/// Pearson's test of counts with known probabilities. Neighbours with less than `least_expected`
/// are taken together; that depends on the number of draws alone, and not on what they are.
inline Test cells_test(std::string name, std::span<const std::uint64_t> counts,
                       std::span<const double> probabilities) {
  double draws = 0, statistic = 0;
  for (const std::uint64_t count : counts) draws += static_cast<double>(count);
  double rest = 0;
  for (const double p : probabilities) rest += draws * p;
  double seen = 0, expected = 0;
  int cells = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += static_cast<double>(counts[i]);
    expected += draws * probabilities[i];
    rest -= draws * probabilities[i];
    const bool is_last = i + 1 == counts.size();
    if (!is_last && (expected < least_expected || rest < least_expected)) continue;
    statistic += (seen - expected) * (seen - expected) / expected;
    ++cells;
    seen = expected = 0;
  }
  if (cells < 2) return {std::move(name), 1};
  return chi_square_test(std::move(name), statistic, cells - 1);
}

/// The same where all are equally likely.
inline Test even_cells_test(std::string name, std::span<const std::uint64_t> counts) {
  const std::vector<double> probabilities(counts.size(), 1 / static_cast<double>(counts.size()));
  return cells_test(std::move(name), counts, probabilities);
}

}  // namespace statistics
