// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/shape.hpp>
#include <ebm/kernels/average.hpp>
#include <ebm/nn/window.hpp>

namespace ebm::inline EBM_ABI::detail {

/// The windows of pooling layers over inputs of shape `In`.
template <class In, class KernelSize, class StrideSize>
struct Pooling {
  static_assert(!In::is_flat,
                "AveragePool and MaxPool expect images, Shape<channels, rows, columns>; got a flat "
                "shape: pooling can't come after Flatten or Linear");
  static_assert(In::rows >= KernelSize::rows && In::columns >= KernelSize::columns,
                "a pooling's kernel is larger than its input");
  static constexpr kernels::Windows windows{
      .rows = {In::rows, KernelSize::rows, StrideSize::rows},
      .columns = {In::columns, KernelSize::columns, StrideSize::columns},
      .channels = In::channels};
  using Output = Shape<In::channels, windows.rows.outputs(), windows.columns.outputs()>;
};

}  // namespace ebm::inline EBM_ABI::detail
