// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/correlation_tile.hpp>
#include <ebm/kernels/epilogue.hpp>

namespace ebm::inline EBM_ABI::kernels {

namespace detail {

/// Leaves the sums of a tile in memory: [position][channel][lane].
template <class T, int Width>
struct StoreSums {
  T* sums;

  template <class V>
  EBM_INLINE void operator()(const V& sum, int p, int o) const noexcept {
    sum.store(sums + (p * Width + o) * V::size);
  }
};

/// A tile as a function of its own; `output` is made of the few types that tiles share.
template <Correlation C, class Positions, int Width, class T, class Output>
EBM_NOINLINE void compute_tile_apart(const T* in, const T* weights, const T* bias,
                                     const TilePlace<C>& place, const Output& output) noexcept {
  compute_tile<RegisterOfBlock<T>, C, Positions, Width>(in, weights, bias, place, output);
}

/// Hands sums in memory to their epilogue.
template <class T, class Output>
EBM_NOINLINE void finish_tile(const T* sums, int positions, int channels,
                              const Output& output) noexcept {
  using V = typename RegisterOfBlock<T>::Vector;
  for (int p = 0; p < positions; ++p) {
    for (int o = 0; o < channels; ++o, sums += V::size) output(V::load(sums), p, o);
  }
}

/// All channels and lanes of tile `tile` of output row `row`, if there is one.
///
/// An epilogue that is not light stays out of the functions of tiles: all passes over a network
/// then share them.
template <Correlation C, class T, class Epilogue>
void correlate_tile(const T* in, const T* weights, const T* bias, int row, int tile,
                    const Epilogue& epilogue) noexcept {
  using L = RegisterOfBlock<T>;
  using Tiles = TilesOfRow<C>;
  if (row >= C.rows.outputs || tile >= Tiles::split().parts) return;
  const TilePlace<C> place(row, Tiles::split().first(tile));
  constexpr Split blocks = C.channel_blocks();
  for (int block = 0; block < blocks.parts; ++block) {
    const int channel = blocks.first(block);
    const T* w = weights + channel * C.weights_per_output();
    const T* b = bias == nullptr ? nullptr : bias + channel;
    for (int lane = 0; lane < lanes; lane += L::Vector::size) {
      const TileOutput<Epilogue, L::stride> output{
          epilogue, (place.output + channel) * L::stride + lane, C.columns.output_step * C.outputs};
      Tiles::with_positions(tile, [&](auto positions) {
        with_part_size<blocks>(block, [&](auto width) {
          using Positions = decltype(positions);
          if constexpr (LightEpilogue<Epilogue>) {
            compute_tile_apart<C, Positions, width>(in + lane, w, b, place, output);
          } else {
            alignas(64) T sums[Positions::count * width * L::Vector::size];
            compute_tile_apart<C, Positions, width>(in + lane, w, b, place,
                                                    StoreSums<T, width>{sums});
            finish_tile(sums, Positions::count, width, output);
          }
        });
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
    for (int tile = 0; tile < tiles; ++tile) {
      (detail::correlate_tile<C>(in, weights, bias, row, tile, epilogue), ...);
    }
  }
}

}  // namespace ebm::inline EBM_ABI::kernels
