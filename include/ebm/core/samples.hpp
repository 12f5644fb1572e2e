// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>
#include <ebm/core/eigen.hpp>

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

}  // namespace ebm::inline EBM_ABI
