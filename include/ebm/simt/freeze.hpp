// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/simt/correlate.hpp>

/// Weights from PyTorch's layout to where the threads of a correlation look for them.
namespace ebm::inline EBM_ABI::simt {

/// The tiles of a convolution or linear layer, forward and back, and its correlations in them.
template <class Layer>
struct ThreadTiles {
  static constexpr kernels::Correlation any_forward = Layer::forward_correlation();
  static constexpr kernels::Correlation any_gradient = Layer::gradient_correlation(0);
  static constexpr kernels::Tile forward_tile =
      best_thread_tile(any_forward.rows.outputs, any_forward.columns.outputs, any_forward.outputs,
                       any_forward.weights_per_output());
  static constexpr kernels::Tile gradient_tile =
      best_thread_tile(any_gradient.rows.outputs * Layer::residues, any_gradient.columns.outputs,
                       any_gradient.outputs, any_gradient.weights_per_output());

  static constexpr kernels::Correlation forward = Layer::forward_correlation(forward_tile);
  static constexpr kernels::Correlation gradient(int residue) {
    return Layer::gradient_correlation(residue, gradient_tile);
  }
};

/// Packs the weights and the biases of a convolution or linear layer.
template <class T, class Layer>
struct Freeze {
  const T* parameters;  ///< [output][input][kernel row][kernel column], then [output]
  T* frozen;            ///< [Layer::frozen_size]

  [[nodiscard]] Grid grid() const { return grid_of(Layer::weight_count + Layer::bias_count); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const int index = static_cast<int>(thread.number());
    if (index >= Layer::weight_count + Layer::bias_count) return;
    if (index >= Layer::weight_count) {
      frozen[Layer::bias_offset + index - Layer::weight_count] = parameters[index];
      return;
    }
    constexpr kernels::Correlation forward = ThreadTiles<Layer>::forward;
    constexpr kernels::Correlation gradient = ThreadTiles<Layer>::gradient(0);
    const int column = index % forward.column_slots;
    const int row = index / forward.column_slots % forward.row_slots;
    const int input = index / (forward.column_slots * forward.row_slots) % forward.inputs;
    const int output = index / forward.weights_per_output();
    const typename Layer::Places places{forward.weights_of(output), gradient.weights_of(input)};
    places.store(parameters[index], output, input, row, column, frozen);
  }
};

}  // namespace ebm::inline EBM_ABI::simt
