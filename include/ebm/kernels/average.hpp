// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/pack.hpp>

/// Means over the windows of a block, and the gradient of them.
namespace ebm::kernels {

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
template <class T>
EBM_INLINE Pack<T> scaled_sum(const T* first, int rows, int columns, int row_step, int column_step,
                              T factor) noexcept {
  Pack<T> sum(T(0));
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      sum += Pack<T>::load(first + (row * row_step + column * column_step) * lanes);
    }
  }
  return sum * Pack<T>(factor);
}

}  // namespace detail

/// Hands the mean of each window to `epilogue(value, offset)`.
///
/// x: [row][column][channel][lane]
template <Windows W, class T, class Epilogue>
void average(const T* x, const Epilogue& epilogue) noexcept {
  constexpr int row_step = W.columns.extent * W.channels;
  int element = 0;
  for (int row = 0; row < W.rows.outputs(); ++row) {
    for (int column = 0; column < W.columns.outputs(); ++column) {
      const int first = row * W.rows.stride * row_step + column * W.columns.stride * W.channels;
      for (int channel = 0; channel < W.channels; ++channel, ++element) {
        epilogue(detail::scaled_sum(x + (first + channel) * lanes, W.rows.kernel, W.columns.kernel,
                                    row_step, W.channels, W.share<T>()),
                 element * lanes);
      }
    }
  }
}

/// Hands what each input gets of the adjoints of the windows that hold it to
/// `epilogue(value, offset)`.
///
/// dy: [row of windows][column][channel][lane]
template <Windows W, class T, class Epilogue>
void average_gradient(const T* dy, const Epilogue& epilogue) noexcept {
  constexpr int row_step = W.columns.outputs() * W.channels;
  int element = 0;
  for (int row = 0; row < W.rows.extent; ++row) {
    const int top = W.rows.first_window(row), bottom = W.rows.last_window(row);
    for (int column = 0; column < W.columns.extent; ++column) {
      const int left = W.columns.first_window(column), right = W.columns.last_window(column);
      const int first = top * row_step + left * W.channels;
      for (int channel = 0; channel < W.channels; ++channel, ++element) {
        epilogue(detail::scaled_sum(dy + (first + channel) * lanes, bottom - top, right - left,
                                    row_step, W.channels, W.share<T>()),
                 element * lanes);
      }
    }
  }
}

}  // namespace ebm::kernels
