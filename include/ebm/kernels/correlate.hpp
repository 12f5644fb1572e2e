// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/correlation_tile.hpp>

namespace ebm::kernels {

namespace detail {

/// All channels and lanes of tile `Index` of output row `row`, if there is one.
template <Correlation C, int Index, class T, class Epilogue>
void compute_tile_of_row(const T* in, const T* weights, const T* bias, int row,
                         const Epilogue& epilogue) noexcept {
  using L = RegisterOfBlock<T>;
  if constexpr (C.rows.outputs > 0 && Index < C.column_tiles().parts) {
    if (row >= C.rows.outputs) return;
    using Tile = TileAt<C, Index>;
    const TilePlace<C> place(row, Tile::first);
    constexpr Split blocks = C.channel_blocks();
    for (int index = 0; index < blocks.parts; ++index) {
      const int channel = blocks.first(index);
      const T* w = weights + channel * C.weights_per_output();
      const T* b = bias == nullptr ? nullptr : bias + channel;
      with_part_size<blocks>(index, [&](auto width) EBM_INLINE_LAMBDA {
        for (int vector = 0; vector < L::vectors; ++vector) {
          const int lane = vector * L::Vector::size;
          compute_tile<L, C, typename Tile::Positions, width>(in + lane, w, b, place, channel, lane,
                                                              epilogue);
        }
      });
    }
  }
}

}  // namespace detail

/// Correlates a block with packed weights and hands each result to `epilogue(value, offset)`.
///
/// Several correlations with one and the same block take turns tile by tile, so that what they read
/// is read from memory once.
/// The order of summation is bias, then kernel row, column, input channel.
/// in: [rows.sources][columns.sources][inputs]; weights: as each `weights_of` places them;
/// bias: [outputs] or null for zeros
template <Correlation... C, class T, class Epilogue>
void correlate(const T* in, const T* weights, const T* bias, const Epilogue& epilogue) noexcept {
  constexpr int rows = std::max({C.rows.outputs...});
  constexpr int tiles = std::max({C.column_tiles().parts...});
  for (int row = 0; row < rows; ++row) {
    unroll<tiles>([&](auto tile) {
      (detail::compute_tile_of_row<C, tile>(in, weights, bias, row, epilogue), ...);
    });
  }
}

}  // namespace ebm::kernels
