// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/eval/probabilities.hpp>
#include <span>
#include <vector>

/// Whether a classifier is right.
namespace ebm::inline EBM_ABI {

/// The class of the largest probability, the first of several, for each sample.
///
/// probabilities: [sample][class], of float or double, each in [0, 1], 1 in all; result: [sample]
/// Throws `InvalidArgument` without samples and for a value out of range.
template <class Probabilities>
[[nodiscard]] std::vector<int> likeliest_classes(
    const Eigen::MatrixBase<Probabilities>& probabilities) {
  const Samples<double> rows = detail::checked_probabilities("likeliest_classes", probabilities);
  std::vector<int> classes;
  for (Eigen::Index row = 0; row < rows.rows(); ++row) {
    classes.push_back(static_cast<int>(detail::likeliest_class(rows, row)));
  }
  return classes;
}

/// The share of samples of which the likeliest class is the label.
///
/// probabilities: as above; labels: [sample]; result: in [0, 1]
/// Throws `InvalidArgument` without samples, for a value out of range and another number of labels.
template <class Probabilities>
[[nodiscard]] double accuracy(const Eigen::MatrixBase<Probabilities>& probabilities,
                              std::span<const int> labels) {
  const std::vector<int> classes = likeliest_classes(probabilities);
  require(classes.size() == labels.size(), "accuracy: got ", classes.size(), " samples and ",
          labels.size(), " labels, expected as many");
  std::size_t right = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) right += classes[i] == labels[i] ? 1U : 0U;
  return static_cast<double>(right) / static_cast<double>(classes.size());
}

}  // namespace ebm::inline EBM_ABI
