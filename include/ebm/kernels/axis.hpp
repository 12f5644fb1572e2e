// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/abi.hpp>

/// Which inputs an output of a convolution reads along one axis, forward and backward.
///
/// Both directions are correlations: output q reads the consecutive sources
/// q * step + offset + t for the taps t in [0, taps), as far as they exist.
namespace ebm::inline EBM_ABI::kernels {

/// The correlation along one axis, for one class of outputs.
struct Axis {
  int outputs;      ///< outputs of this class
  int sources;      ///< extent of what is read
  int taps;         ///< taps of this class
  int step;         ///< sources from one output to the next
  int offset;       ///< source of output 0, tap 0; negative inside the padding
  int output_step;  ///< position of output q: output_first + q * output_step
  int output_first;
  int first_slot;  ///< where the taps of this class start among the packed weights

  [[nodiscard]] constexpr int source(int output, int tap) const {
    return output * step + offset + tap;
  }
  /// The taps of `output` that meet a source: [first_tap, last_tap).
  [[nodiscard]] constexpr int first_tap(int output) const {
    return std::min(taps, std::max(0, -source(output, 0)));
  }
  [[nodiscard]] constexpr int last_tap(int output) const {
    return std::max(first_tap(output), std::min(taps, sources - source(output, 0)));
  }
  /// The outputs whose tap `tap` meets a source: [first_output, last_output).
  [[nodiscard]] constexpr int first_output(int tap) const {
    return std::min(outputs, outputs_below(-tap));
  }
  [[nodiscard]] constexpr int last_output(int tap) const {
    return std::max(first_output(tap), std::min(outputs, outputs_below(sources - tap)));
  }

 private:
  /// How many outputs q >= 0 have q * step + offset < bound.
  [[nodiscard]] constexpr int outputs_below(int bound) const {
    return std::max(0, (bound - offset + step - 1) / step);
  }
};

/// Outputs of a convolution along an axis: floor((extent + 2 padding - kernel) / stride) + 1.
constexpr int convolved_extent(int extent, int kernel, int stride, int padding) {
  return (extent + 2 * padding - kernel) / stride + 1;
}

/// The forward direction: one class, the taps in order.
constexpr Axis forward_axis(int extent, int kernel, int stride, int padding) {
  return {.outputs = convolved_extent(extent, kernel, stride, padding),
          .sources = extent,
          .taps = kernel,
          .step = stride,
          .offset = -padding,
          .output_step = 1,
          .output_first = 0,
          .first_slot = 0};
}

/// Taps of a kernel that are congruent to `residue` modulo the stride.
constexpr int residue_taps(int kernel, int stride, int residue) {
  return std::max(0, (kernel - residue + stride - 1) / stride);
}

/// The input gradient, for the inputs x with (x + padding) mod stride = residue.
///
/// Such an input meets only the taps congruent to `residue`; read from the last to the first, they
/// meet consecutive outputs of the convolution.
constexpr Axis gradient_axis(int extent, int kernel, int stride, int padding, int residue) {
  const int first = ((residue - padding) % stride + stride) % stride;
  const int taps = residue_taps(kernel, stride, residue);
  int slot = 0;
  for (int r = 0; r < residue; ++r) slot += residue_taps(kernel, stride, r);
  return {.outputs = std::max(0, (extent - first + stride - 1) / stride),
          .sources = convolved_extent(extent, kernel, stride, padding),
          .taps = taps,
          .step = 1,
          .offset = (first + padding - residue) / stride - (taps - 1),
          .output_step = stride,
          .output_first = first,
          .first_slot = slot};
}

/// Where `gradient_axis` expects kernel tap `tap` among the packed weights.
constexpr int gradient_slot(int kernel, int stride, int tap) {
  const int residue = tap % stride;
  int slot = residue_taps(kernel, stride, residue) - 1 - tap / stride;
  for (int r = 0; r < residue; ++r) slot += residue_taps(kernel, stride, r);
  return slot;
}

}  // namespace ebm::inline EBM_ABI::kernels
