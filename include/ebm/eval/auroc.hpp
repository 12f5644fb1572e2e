// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/eval/sorted_scores.hpp>

/// How well scores tell two groups apart.
namespace ebm {  // the same for every instruction set

/// An area under the ROC curve with its confidence interval: 0 <= low <= value <= high <= 1.
struct Auroc {
  double value = 0.5;
  double low = 0;
  double high = 1;
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// For each score, twice the number of `others` below it, ties counted as half.
inline std::vector<double> twice_below(std::span<const double> scores,
                                       std::span<const double> others) {
  std::vector<double> counts;
  counts.reserve(scores.size());
  for (const double score : scores) {
    const auto [first, last] = std::equal_range(others.begin(), others.end(), score);
    counts.push_back(static_cast<double>((first - others.begin()) + (last - others.begin())));
  }
  return counts;
}

/// Variance of the mean of values, from their sum of squared distances.
inline double variance_of_mean(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  if (n < 2) return 0;
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / (n - 1) / n;
}

/// z with P(|Z| < z) = confidence for standard normal Z.
inline double normal_bound(double confidence) {
  double low = 0, high = 40;
  for (int halving = 0; halving < 80; ++halving) {
    const double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < confidence ? low : high) = middle;
  }
  return low;
}

/// positives, negatives: sorted
inline Auroc auroc_of(const std::vector<double>& positives, const std::vector<double>& negatives,
                      double confidence) {
  require(confidence > 0 && confidence < 1, "auroc: confidence must be in (0, 1), got ",
          confidence);
  const double m = static_cast<double>(positives.size()), n = static_cast<double>(negatives.size());
  auto above = twice_below(positives, negatives), below = twice_below(negatives, positives);
  double count = 0;  // halves of pairs: whole numbers, so the sum is exact
  for (const double pairs : above) count += pairs;
  const double area = count / (2 * m * n);

  for (double& pairs : above) pairs /= 2 * n;
  for (double& pairs : below) pairs /= 2 * m;
  const double spread = area * (1 - area);
  const double others = (m + n) / 2 - 1;
  const double exponential =  // Newcombe's variance, as a share of area (1 - area)
      (1 + others * ((1 - area) / (2 - area) + area / (1 + area))) / (m * n);
  const double free = variance_of_mean(above) + variance_of_mean(below);  // DeLong's
  const double share = spread > 0 ? std::max(exponential, free / spread) : exponential;

  // Wilson's interval of a proportion that was counted in 1 / share independent trials.
  const double z = normal_bound(confidence), shift = z * z * share;
  const double middle = (area + shift / 2) / (1 + shift);
  const double width = z * std::sqrt(spread * share + shift * share / 4) / (1 + shift);
  return {area, std::clamp(middle - width, 0.0, area), std::clamp(middle + width, area, 1.0)};
}

}  // namespace detail

/// The area under the ROC curve of a score that should be higher in distribution:
///
///     P(s_in > s_out) + P(s_in = s_out) / 2
///
/// over all pairs of scores, in O(n log n); exact up to 10^15 pairs.
///
/// The interval is Wilson's for a proportion, with the number of independent trials that gives the
/// area's variance. This is the larger of two: DeLong's, which assumes nothing of the scores but is
/// 0 where groups are fully apart and too small near that; and that of exponential scores, which
/// depends on the area alone. So it is in [0, 1], and of sensible width at an area of 1.
/// confidence: share of repetitions whose interval holds the true area, in (0, 1)
/// Throws `InvalidArgument` for a group without scores, NaN, and a confidence out of range.
/// Sources: DeLong, DeLong & Clarke-Pearson, "Comparing the Areas under Two or More Correlated
/// Receiver Operating Characteristic Curves", 1988 (their structural components, by binary search:
/// as fast as Sun & Xu 2014); Hanley & McNeil 1982, eq. 1 and 2; Newcombe, "Confidence intervals
/// for an effect size measure based on the Mann-Whitney statistic. Part 2", 2006: the score
/// interval, method 5, here with the measured area within the inner brackets of its variance.
/// @{
[[nodiscard]] inline Auroc auroc(std::span<const double> in_distribution,
                                 std::span<const double> out_of_distribution,
                                 double confidence = 0.95) {
  return detail::auroc_of(
      detail::sorted_scores("auroc", "in-distribution", in_distribution),
      detail::sorted_scores("auroc", "out-of-distribution", out_of_distribution), confidence);
}
[[nodiscard]] inline Auroc auroc(std::span<const float> in_distribution,
                                 std::span<const float> out_of_distribution,
                                 double confidence = 0.95) {
  return detail::auroc_of(
      detail::sorted_scores("auroc", "in-distribution", in_distribution),
      detail::sorted_scores("auroc", "out-of-distribution", out_of_distribution), confidence);
}
/// @}

}  // namespace ebm::inline EBM_ABI
