// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/eval/sorted_scores.hpp>

/// How well scores find one of two groups.
namespace ebm {  // the same for every instruction set

/// The group that a score is to find.
enum class Positives {
  in_distribution,      ///< by scores that are high: AUPR-In
  out_of_distribution,  ///< by scores that are low: AUPR-Out
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// positives, negatives: in descending order
inline double average_precision(const std::vector<double>& positives,
                                const std::vector<double>& negatives) {
  double area = 0;
  std::size_t found = 0, wrong = 0;
  while (found < positives.size()) {
    const double threshold = positives[found];
    const std::size_t before = found;
    while (found < positives.size() && positives[found] == threshold) ++found;
    while (wrong < negatives.size() && negatives[wrong] >= threshold) ++wrong;
    area += static_cast<double>(found - before) * static_cast<double>(found) /
            static_cast<double>(found + wrong);
  }
  return area / static_cast<double>(positives.size());
}

template <class T>
double aupr_of(std::span<const T> in_distribution, std::span<const T> out_of_distribution,
               Positives positives) {
  auto in = sorted_scores("aupr", "in-distribution", in_distribution);
  auto out = sorted_scores("aupr", "out-of-distribution", out_of_distribution);
  for (auto* scores : {&in, &out}) {
    if (positives == Positives::in_distribution) {
      std::reverse(scores->begin(), scores->end());
    } else {
      for (double& score : *scores) score = -score;
    }
  }
  return positives == Positives::in_distribution ? average_precision(in, out)
                                                 : average_precision(out, in);
}

}  // namespace detail

/// The area under the curve of precision over recall, as the average precision:
///
///     sum over thresholds t of (recall(t) - recall(next higher t)) precision(t)
///
/// A threshold finds all samples with scores at or beyond it, ties at once. Scores that know
/// nothing have the share of positives among all samples, not 1/2: say how many there were.
/// in_distribution, out_of_distribution: scores that should be higher in distribution, as for
/// `auroc`; positives: the group to be found; result: in (0, 1]
/// Throws `InvalidArgument` for a group without scores and NaN.
/// Sources: Davis & Goadrich, "The Relationship Between Precision-Recall and ROC Curves", 2006;
/// Hendrycks & Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in
/// Neural Networks", 2017, for both choices of positives; scikit-learn's `average_precision_score`
/// for the sum, which interpolates nothing.
/// @{
[[nodiscard]] inline double aupr(std::span<const double> in_distribution,
                                 std::span<const double> out_of_distribution, Positives positives) {
  return detail::aupr_of(in_distribution, out_of_distribution, positives);
}
[[nodiscard]] inline double aupr(std::span<const float> in_distribution,
                                 std::span<const float> out_of_distribution, Positives positives) {
  return detail::aupr_of(in_distribution, out_of_distribution, positives);
}
/// @}

}  // namespace ebm::inline EBM_ABI
