// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/kernels/lanes.hpp>

/// Means over the windows of a block, and the gradient of them.
namespace ebm::inline EBM_ABI::kernels {

/// The windows along one axis; they lie within the extent.
struct WindowAxis {
  int extent;
  int kernel;
  int stride;

  [[nodiscard]] constexpr int outputs() const { return (extent - kernel) / stride + 1; }
  /// The windows that hold element `i`: [first_window, last_window).
  [[nodiscard]] constexpr int first_window(int i) const {
    return std::max(0, (i - kernel + stride) / stride);
  }
  [[nodiscard]] constexpr int last_window(int i) const {
    return std::min(outputs(), i / stride + 1);
  }
};

/// The windows of an image, the same for each channel.
struct Windows {
  WindowAxis rows;
  WindowAxis columns;
  int channels;

  template <class T>
  [[nodiscard]] constexpr T share() const {
    return T(1) / static_cast<T>(rows.kernel * columns.kernel);
  }
};

namespace detail {

/// factor * the sum of one channel over a rectangle, row by row; `first`: its upper left element.
template <class X>
EBM_INLINE auto scaled_sum(const X& x, int first, int rows, int columns, int row_step,
                           int column_step, typename X::Vector::value_type factor) noexcept {
  using V = typename X::Vector;
  V sum(typename V::value_type(0));
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      sum += x[first + row * row_step + column * column_step];
    }
  }
  return sum * V(factor);
}

}  // namespace detail

/// The mean of the window that is element `output` of [row of windows][column][channel].
///
/// x: [row][column][channel]
template <Windows W, class X>
EBM_INLINE auto mean_of_window(const X& x, int output) noexcept {
  constexpr int row_step = W.columns.extent * W.channels;
  const int channel = output % W.channels, window = output / W.channels;
  const int row = window / W.columns.outputs(), column = window % W.columns.outputs();
  const int first = row * W.rows.stride * row_step + column * W.columns.stride * W.channels;
  return detail::scaled_sum(x, first + channel, W.rows.kernel, W.columns.kernel, row_step,
                            W.channels, W.share<typename X::Vector::value_type>());
}

/// What element `input` of [row][column][channel] gets of the adjoints of the windows that hold it.
///
/// dy: [row of windows][column][channel]
template <Windows W, class X>
EBM_INLINE auto gradient_of_windows(const X& dy, int input) noexcept {
  constexpr int row_step = W.columns.outputs() * W.channels;
  const int channel = input % W.channels, pixel = input / W.channels;
  const int row = pixel / W.columns.extent, column = pixel % W.columns.extent;
  const int top = W.rows.first_window(row), bottom = W.rows.last_window(row);
  const int left = W.columns.first_window(column), right = W.columns.last_window(column);
  const int first = top * row_step + left * W.channels;
  return detail::scaled_sum(dy, first + channel, bottom - top, right - left, row_step, W.channels,
                            W.share<typename X::Vector::value_type>());
}

}  // namespace ebm::inline EBM_ABI::kernels
