// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/eval/probabilities.hpp>

/// Which classes a classifier sees in samples of a model.
namespace ebm {  // the same for every instruction set

/// Two shares, both 1 for samples that look real and come from all classes.
struct PredictedClasses {
  double balance = 0;    ///< entropy of the mean probabilities, 1: all classes equally often
  double confident = 0;  ///< share of samples with a probability of the threshold or more
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// How evenly samples come from classes, and how many of them clearly from one:
///
///     balance = -sum over classes c of p(c) ln p(c) / ln(classes),  p: mean of the probabilities
///
/// A model that draws one class only has a balance of 0, however good its samples are; one that
/// draws noise may have 1, and few samples that are confident. With a single class the balance
/// is 1.
///
/// probabilities: [sample][class], of float or double, each in [0, 1], 1 in all; threshold:
/// in (0, 1]
///
/// Throws `InvalidArgument` without samples and for a value out of range.
template <class Probabilities>
[[nodiscard]] PredictedClasses predicted_classes(
    const Eigen::MatrixBase<Probabilities>& probabilities, double threshold = 0.9) {
  require(threshold > 0 && threshold <= 1, "predicted_classes: threshold must be in (0, 1], got ",
          threshold);
  const Samples<double> rows = detail::checked_probabilities("predicted_classes", probabilities);
  const double count = static_cast<double>(rows.rows());
  Eigen::Index confident = 0;
  for (Eigen::Index row = 0; row < rows.rows(); ++row) {
    confident += rows(row, detail::likeliest_class(rows, row)) >= threshold ? 1 : 0;
  }
  double entropy = 0;
  for (Eigen::Index c = 0; c < rows.cols(); ++c) {
    double mean = 0;
    for (Eigen::Index row = 0; row < rows.rows(); ++row) mean += rows(row, c) / count;
    if (mean > 0) entropy -= mean * std::log(mean);
  }
  const double most = std::log(static_cast<double>(rows.cols()));
  return {rows.cols() > 1 ? std::clamp(entropy / most, 0.0, 1.0) : 1,
          static_cast<double>(confident) / count};
}

}  // namespace ebm::inline EBM_ABI
