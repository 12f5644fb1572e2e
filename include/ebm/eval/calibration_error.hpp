// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/eval/probabilities.hpp>
#include <span>
#include <vector>

/// Whether a classifier is right as often as it says.
namespace ebm::inline EBM_ABI {

/// The expected calibration error of confidences, by bins of equal width:
///
///     sum over bins m of |B_m| / n |acc(B_m) - conf(B_m)|
///
/// B_m has the samples with a confidence in ((m - 1) / M, m / M], and the first bin those with 0;
/// acc is the share of a bin's samples that are correct, conf their mean confidence.
///
/// confidences: [sample], in [0, 1]; is_correct: [sample]; bins: M >= 1; result: in [0, 1]
///
/// Throws `InvalidArgument` without samples, for another number of them, and for a value out of
/// range.
///
/// Source: Guo et al., "On Calibration of Modern Neural Networks", 2017, eq. 3.
[[nodiscard]] inline double calibration_error(std::span<const double> confidences,
                                              const std::vector<bool>& is_correct, int bins = 15) {
  require(!confidences.empty() && confidences.size() == is_correct.size(),
          "calibration_error: got ", confidences.size(), " confidences and ", is_correct.size(),
          " answers, expected as many, 1 or more");
  require(bins >= 1, "calibration_error: bins must be >= 1, got ", bins);
  // n |B_m| (acc - conf), of each bin: what is correct less what was expected to be
  std::vector<double> excess(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    const double confidence = confidences[i];
    require(confidence >= 0 && confidence <= 1,
            "calibration_error: confidences must be in [0, 1], sample ", i, " has ", confidence);
    const int bin = std::max(0, static_cast<int>(std::ceil(confidence * bins)) - 1);
    excess[static_cast<std::size_t>(bin)] += (is_correct[i] ? 1 : 0) - confidence;
  }
  double sum = 0;
  for (const double of_bin : excess) sum += std::abs(of_bin);
  return sum / static_cast<double>(confidences.size());
}

/// The same of class probabilities: confidence is the largest one of a sample, and its class, the
/// first of several, is correct if it is the label.
///
/// probabilities: [sample][class], of float or double, each in [0, 1], 1 in all; labels: [sample],
/// numbers of classes from 0 on
template <class Probabilities>
[[nodiscard]] double calibration_error(const Eigen::MatrixBase<Probabilities>& probabilities,
                                       std::span<const int> labels, int bins = 15) {
  const Samples<double> rows = detail::checked_probabilities("calibration_error", probabilities);
  require(static_cast<std::size_t>(rows.rows()) == labels.size(), "calibration_error: got ",
          rows.rows(), " samples and ", labels.size(), " labels, expected as many");
  std::vector<double> confidences;
  std::vector<bool> is_correct;
  for (Eigen::Index row = 0; row < rows.rows(); ++row) {
    const int label = labels[static_cast<std::size_t>(row)];
    require(label >= 0 && label < rows.cols(), "calibration_error: labels must be in [0, ",
            rows.cols() - 1, "], sample ", row, " has ", label);
    const Eigen::Index predicted = detail::likeliest_class(rows, row);
    confidences.push_back(rows(row, predicted));
    is_correct.push_back(predicted == label);
  }
  return calibration_error(confidences, is_correct, bins);
}

}  // namespace ebm::inline EBM_ABI
