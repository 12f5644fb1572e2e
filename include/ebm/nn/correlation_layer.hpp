// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/kernels/correlate.hpp>
#include <ebm/kernels/epilogue.hpp>
#include <ebm/kernels/weight_gradient.hpp>
#include <ebm/nn/layer.hpp>
#include <utility>

/// What convolutions and linear layers share: frozen weights and the three products with them.
namespace ebm::inline EBM_ABI::detail {

/// A convolution along one axis.
struct AxisGeometry {
  int extent;
  int kernel;
  int stride;
  int padding;

  [[nodiscard]] constexpr kernels::Axis forward() const {
    return kernels::forward_axis(extent, kernel, stride, padding);
  }
  [[nodiscard]] constexpr kernels::Axis gradient(int residue) const {
    return kernels::gradient_axis(extent, kernel, stride, padding, residue);
  }
  [[nodiscard]] constexpr int gradient_slot(int tap) const {
    return kernels::gradient_slot(kernel, stride, tap);
  }
};

/// y = W x + b over the runs of a convolution, and its two gradients.
///
/// Parameters: weight [out][in][kernel row][kernel column], then bias [out], if there is one.
/// Frozen: weights as the forward kernel reads them, bias, weights for the input gradient.
template <AxisGeometry Rows, AxisGeometry Columns, int In, int Out, bool HasBias = true>
class CorrelationLayer : public LayerDefaults {
 public:
  static constexpr int weight_count = Out * In * Rows.kernel * Columns.kernel;
  static constexpr int bias_count = HasBias ? Out : 0;
  static constexpr int fan_in = In * Rows.kernel * Columns.kernel;
  static constexpr bool is_affine = true;

  static constexpr int bias_offset = padded_to_packs(weight_count);
  static constexpr int gradient_offset = bias_offset + padded_to_packs(bias_count);
  static constexpr int frozen_size = gradient_offset + padded_to_packs(weight_count);

  static constexpr kernels::Tile forward_tile = kernels::best_tile(Columns.forward().outputs, Out);
  static constexpr kernels::Tile gradient_tile =
      kernels::best_tile((Columns.extent + Columns.stride - 1) / Columns.stride, In);
  /// Classes of inputs, by the residues of row and column: each has its own taps.
  static constexpr int residues = Rows.stride * Columns.stride;

  static constexpr kernels::Correlation forward_correlation(kernels::Tile tile = forward_tile) {
    return {.rows = Rows.forward(),
            .columns = Columns.forward(),
            .inputs = In,
            .outputs = Out,
            .row_slots = Rows.kernel,
            .column_slots = Columns.kernel,
            .output_columns = Columns.forward().outputs,
            .tile = tile};
  }

  /// The input gradient for the inputs of class `residue`.
  static constexpr kernels::Correlation gradient_correlation(int residue,
                                                             kernels::Tile tile = gradient_tile) {
    return {.rows = Rows.gradient(residue / Columns.stride),
            .columns = Columns.gradient(residue % Columns.stride),
            .inputs = Out,
            .outputs = In,
            .row_slots = Rows.kernel,
            .column_slots = Columns.kernel,
            .output_columns = Columns.extent,
            .tile = tile};
  }

  static constexpr kernels::Convolution convolution{
      .rows = Rows.forward(), .columns = Columns.forward(), .inputs = In, .outputs = Out};
  static constexpr int scratch_size = convolution.transposed_size() / lanes;
  static constexpr std::int64_t multiply_adds =
      std::int64_t{convolution.positions()} * weight_count;

  /// Where an output's weights, and an input's on the way back, stand among the frozen ones.
  struct Places {
    kernels::WeightPlaces forward, backward;

    template <class T>
    EBM_INLINE void store(T weight, int output, int input, int row, int column,
                          T* frozen) const noexcept {
      const int back_row = Rows.gradient_slot(row), back_column = Columns.gradient_slot(column);
      frozen[forward.at(row, column, input)] = weight;
      frozen[gradient_offset + backward.at(back_row, back_column, output)] = weight;
    }
  };

  template <class T>
  static void freeze(const T* parameters, T* frozen) noexcept {
    freeze_weight(parameters, frozen);
    std::copy_n(parameters + weight_count, bias_count, frozen + bias_offset);
  }

  template <class T>
  static void freeze_weight(const T* parameters, T* frozen) noexcept {
    constexpr kernels::Correlation forward = forward_correlation();
    constexpr kernels::Correlation backward = gradient_correlation(0);  // all classes pack alike
    const T* weight = parameters;
    for (int o = 0; o < Out; ++o) {
      const kernels::WeightPlaces of_output = forward.weights_of(o);
      for (int i = 0; i < In; ++i) {
        const Places places{of_output, backward.weights_of(i)};
        for (int row = 0; row < Rows.kernel; ++row) {
          for (int column = 0; column < Columns.kernel; ++column) {
            places.store(*weight++, o, i, row, column, frozen);
          }
        }
      }
    }
  }

  /// The frozen bias; null: none.
  template <class T>
  static constexpr const T* bias(const T* frozen) noexcept {
    return HasBias ? frozen + bias_offset : nullptr;
  }

  /// Multiplies the frozen weight, in both its layouts, and not the bias.
  template <class T>
  static void scale_weight(T factor, T* frozen) noexcept {
    for (int i = 0; i < weight_count; ++i) frozen[i] *= factor;
    for (int i = 0; i < weight_count; ++i) frozen[gradient_offset + i] *= factor;
  }

  template <class T, class Epilogue>
  static void forward(const Forward<T>& pass, const Epilogue& epilogue) noexcept {
    kernels::correlate<forward_correlation()>(pass.x, pass.frozen, bias(pass.frozen), epilogue);
  }

  /// W x.
  template <class T, class Epilogue>
  static void tangent(const Forward<T>& pass, const Epilogue& epilogue) noexcept {
    kernels::correlate<forward_correlation()>(pass.x, pass.frozen, static_cast<const T*>(nullptr),
                                              epilogue);
  }

  template <class T, class Epilogue>
  static void input_gradient(const Backward<T>& pass, const Epilogue& epilogue) noexcept {
    transposed(pass.dy, pass.frozen, static_cast<const T*>(nullptr), epilogue);
  }

  /// W^T y + b, with a bias of the input's channels, or null for zeros.
  template <class T, class Epilogue>
  static void transposed(const T* y, const T* frozen, const T* bias,
                         const Epilogue& epilogue) noexcept {
    [&]<int... Residue>(std::integer_sequence<int, Residue...>) {
      kernels::correlate<gradient_correlation(Residue)...>(y, frozen + gradient_offset, bias,
                                                           epilogue);
    }(std::make_integer_sequence<int, residues>{});
  }

  template <class T>
  static void parameter_gradient(const Backward<T>& pass, T* gradient) noexcept {
    weight_gradient(pass, gradient);
    if constexpr (HasBias) {
      kernels::add_bias_gradient<convolution>(pass.scratch, gradient + weight_count);
    }
  }

  /// That of W alone.
  template <class T>
  static void weight_gradient(const Backward<T>& pass, T* gradient) noexcept {
    kernels::transpose_adjoints<convolution>(pass.dy, pass.scratch);
    kernels::add_weight_gradient<convolution>(pass.x, pass.scratch, gradient);
  }
};

}  // namespace ebm::inline EBM_ABI::detail
