// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <ebm/core/abi.hpp>
#include <ebm/core/eigen.hpp>
#include <span>

/// The batch type of the public interface.
namespace ebm::inline EBM_ABI {

/// Samples, one a row; the features of an image are in PyTorch's order: channel, row, column.
///
/// shape: [sample][feature]
template <class T = float>
using Samples = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A mutable view of rows of `Samples`; rows may have a stride, columns are contiguous.
template <class T = float>
using SamplesRef = Eigen::Ref<Samples<T>, 0, Eigen::OuterStride<>>;

/// A read-only view of rows of `Samples`.
template <class T = float>
using ConstSamplesRef = Eigen::Ref<const Samples<T>, 0, Eigen::OuterStride<>>;

/// The features of one sample, for loops: an expression of Eigen's takes compilers longer.
///
/// samples: of one of the three types above, or another row-major matrix
template <class AnySamples>
[[nodiscard]] auto sample_of(AnySamples& samples, Eigen::Index index) {
  static_assert(AnySamples::IsRowMajor,
                "sample_of expects rows that are contiguous, as those of Samples; got a matrix of "
                "contiguous columns");
  return std::span(samples.data() + index * samples.outerStride(),
                   static_cast<std::size_t>(samples.cols()));
}

/// Copies one sample over another one with as many features.
template <class FromSamples, class ToSamples>
void copy_sample(const FromSamples& from, Eigen::Index from_index, ToSamples& to,
                 Eigen::Index to_index) {
  const auto features = sample_of(from, from_index);
  std::copy(features.begin(), features.end(), sample_of(to, to_index).begin());
}

}  // namespace ebm::inline EBM_ABI
