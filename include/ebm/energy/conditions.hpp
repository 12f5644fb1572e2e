// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <span>

/// Samples with conditions, for energies E(x, y) of networks over `Conditioned`.
///
/// A sample and its condition are one row: so conditions travel with samples through trainings,
/// buffers and files, and chains leave them as they are. The model is that of p(x | y).
namespace ebm::inline EBM_ABI {

/// 1 in the column of each label, 0 in the others.
///
/// labels: in [0, classes); result: [label][class]
/// Throws `InvalidArgument` for another label.
template <class T = float>
[[nodiscard]] Samples<T> one_hot(std::span<const int> labels, int classes) {
  Samples<T> result = Samples<T>::Zero(static_cast<Eigen::Index>(labels.size()), classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < classes, "one_hot: labels must be in [0, ", classes,
            "), got ", labels[i]);
    result(static_cast<Eigen::Index>(i), labels[i]) = T(1);
  }
  return result;
}

/// Samples with their conditions after them: [sample][feature of the sample, of the condition].
///
/// Throws `InvalidArgument` unless there are as many conditions as samples.
template <class AnySamples, class T = typename AnySamples::Scalar>
[[nodiscard]] Samples<T> with_conditions(const AnySamples& samples, const Samples<T>& conditions) {
  require(samples.rows() == conditions.rows(), "with_conditions: ", samples.rows(),
          " samples expect as many conditions, got ", conditions.rows());
  Samples<T> result(samples.rows(), samples.cols() + conditions.cols());
  result.leftCols(samples.cols()) = samples;
  result.rightCols(conditions.cols()) = conditions;
  return result;
}

}  // namespace ebm::inline EBM_ABI
