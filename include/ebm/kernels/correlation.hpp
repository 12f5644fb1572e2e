// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/axis.hpp>
#include <ebm/kernels/tile.hpp>

namespace ebm::inline EBM_ABI::kernels {

/// Where one output's weights stand among the packed ones: the first, and the steps from there.
struct WeightPlaces {
  int first;
  int row;     ///< from one row slot to the next
  int column;  ///< from one column slot to the next
  int input;   ///< from one input to the next

  [[nodiscard]] constexpr int at(int row_slot, int column_slot, int input_channel) const {
    return first + row_slot * row + column_slot * column + input_channel * input;
  }
};

/// What is correlated with what; all extents at compile time.
struct Correlation {
  Axis rows;
  Axis columns;
  int inputs;          ///< channels read
  int outputs;         ///< channels written
  int row_slots;       ///< kernel rows among the packed weights
  int column_slots;    ///< kernel columns among the packed weights
  int output_columns;  ///< columns of the block written
  Tile tile;           ///< positions x output channels

  /// Channels of the output that are computed together.
  [[nodiscard]] constexpr Split channel_blocks() const { return {outputs, tile.columns}; }
  [[nodiscard]] constexpr Split column_tiles() const { return {columns.outputs, tile.rows}; }
  /// Elements of the packed weights of one output.
  [[nodiscard]] constexpr int weights_per_output() const {
    return row_slots * column_slots * inputs;
  }
  /// Where the weights of an output stand: [block][row slot][column slot][input][output in block].
  [[nodiscard]] constexpr WeightPlaces weights_of(int output) const {
    const Split blocks = channel_blocks();
    const int block = blocks.part_of(output);
    const int first = blocks.first(block);
    return {.first = first * weights_per_output() + (output - first),
            .row = column_slots * inputs * blocks.size(block),
            .column = inputs * blocks.size(block),
            .input = blocks.size(block)};
  }
};

}  // namespace ebm::inline EBM_ABI::kernels
