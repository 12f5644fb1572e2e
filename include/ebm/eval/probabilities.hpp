// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>

/// What class probabilities say.
namespace ebm::inline EBM_ABI::detail {

/// The probabilities of classes, [sample][class], in double.
///
/// Throws `InvalidArgument` unless there is a sample, each is in [0, 1] and those of a sample add
/// up to 1, within what float leaves of that.
template <class Probabilities>
Samples<double> checked_probabilities(const char* function,
                                      const Eigen::MatrixBase<Probabilities>& probabilities) {
  require(probabilities.rows() > 0, function, ": there are no samples");
  Samples<double> rows = probabilities.template cast<double>();
  for (Eigen::Index row = 0; row < rows.rows(); ++row) {
    double sum = 0;
    for (const double probability : sample_of(rows, row)) {
      require(probability >= 0 && probability <= 1, function,
              ": probabilities must be in [0, 1], sample ", row, " has ", probability);
      sum += probability;
    }
    require(std::abs(sum - 1) <= 1e-3, function, ": the probabilities of sample ", row,
            " add up to ", sum, ", expected 1");
  }
  return rows;
}

/// The class that is most likely, the first of several, for one sample.
inline Eigen::Index likeliest_class(const Samples<double>& probabilities, Eigen::Index row) {
  const auto of_classes = sample_of(probabilities, row);
  return std::max_element(of_classes.begin(), of_classes.end()) - of_classes.begin();
}

}  // namespace ebm::inline EBM_ABI::detail
