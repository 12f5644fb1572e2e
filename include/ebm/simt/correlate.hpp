// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <ebm/kernels/correlate.hpp>
#include <ebm/simt/machine.hpp>

/// Convolutions, linear layers and their input gradients by threads.
///
/// A warp makes one tile for its 32 lanes: positions x channels, in each thread's registers. The
/// warps of a block of threads share the weights of their channels.
namespace ebm::inline EBM_ABI::simt {

/// Bytes of shared memory that every GPU gives a block without being asked.
inline constexpr int shared_bytes = 48 << 10;

/// The tile that a thread computes, of `rows` rows of `columns` positions with `outputs` channels,
/// each the sum of `terms` products.
///
/// A batch of 128, four groups of lanes, makes fewer warps than a large GPU can run at once, so
/// small tiles are faster there than those that load least. The rule counts the instructions that
/// a scheduler issues for one product of each accumulator, its loads among them, when `schedulers`
/// of them share the warps.
constexpr kernels::Tile best_thread_tile(int rows, int columns, int outputs, int terms) {
  constexpr int groups = 4, schedulers = 512, most_accumulators = 32;
  constexpr int vector = 4;  // weights that one load from shared memory brings
  kernels::Tile best{1, 1};
  long best_cost = -1;
  for (int positions = 1; positions <= std::min(columns, 8); ++positions) {
    for (int channels = 1; channels <= std::min(outputs, 16); ++channels) {
      const bool fits = long{terms} * channels * static_cast<int>(sizeof(float)) <= shared_bytes;
      if (positions * channels > most_accumulators || (channels > 1 && !fits)) continue;
      const long warps = long{groups} * rows * kernels::Split(columns, positions).parts *
                         kernels::Split(outputs, channels).parts;
      const long waves = (warps + schedulers - 1) / schedulers;
      const long cost =
          waves * (positions * channels + positions + (channels + vector - 1) / vector);
      if (best_cost < 0 || cost < best_cost) {
        best = {positions, channels};
        best_cost = cost;
      }
    }
  }
  return best;
}

/// Correlations `C` with one and the same input, whose outputs are one block of `OutputSize`
/// elements; they share their weights.
template <class T, class Epilogue, int OutputSize, kernels::Correlation... C>
struct Correlate {
  using value_type = T;
  const T* in;       ///< [group][row][column][channel][lane]
  const T* weights;  ///< as each `weights_of` places them
  const T* bias;     ///< [channel], or null for zeros
  Epilogue epilogue;
  int groups;

  [[nodiscard]] Grid grid() const {
    Grid grid = warp_grid(groups, tiles);
    grid.rows = blocks().parts;
    grid.shared = is_staged ? sizeof(T) * static_cast<std::size_t>(largest_block) : 0;
    return grid;
  }

  /// The weights of the block's channels, in their order.
  EBM_INLINE void stage(const Thread& thread, T* shared) const noexcept {
    if constexpr (is_staged) {
      const int count = blocks().size(thread.row) * weights_per_output;
      const T* from = weights + blocks().first(thread.row) * weights_per_output;
      for (int i = thread.index; i < count; i += thread.threads) shared[i] = from[i];
    }
  }

  EBM_INLINE void run(const Thread& thread, const T* shared) const noexcept {
    const WarpTask task(thread, tiles);
    if (task.group >= groups) return;
    const int channel = blocks().first(thread.row);
    const T* w = is_staged ? shared : weights + channel * weights_per_output;
    int tile = task.piece;
    (run_if_its<C>(task, tile, thread.row, channel, w), ...);
  }

 private:
  // Functions and numbers: device code can't reach an object with static storage.
  static constexpr kernels::Correlation any() { return std::array{C...}[0]; }
  static constexpr kernels::Split blocks() { return any().channel_blocks(); }
  static constexpr int weights_per_output = any().weights_per_output();
  static constexpr int largest_block = blocks().size(0) * weights_per_output;
  static constexpr bool is_staged = largest_block * sizeof(T) <= shared_bytes;
  static constexpr int input_size = any().rows.sources * any().columns.sources * any().inputs;

  static constexpr int tiles_of(const kernels::Correlation& c) {
    return c.rows.outputs * c.column_tiles().parts;
  }
  static constexpr int tiles = (tiles_of(C) + ...);

  /// Computes tile number `tile` of correlation `Mine`, or counts down by those that it has.
  template <kernels::Correlation Mine>
  EBM_INLINE void run_if_its(const WarpTask& task, int& tile, int block, int channel,
                             const T* w) const noexcept {
    if constexpr (tiles_of(Mine) > 0) {
      constexpr int columns = Mine.column_tiles().parts;
      if (tile < 0 || tile >= tiles_of(Mine)) {
        tile -= tiles_of(Mine);
        return;
      }
      using Tiles = kernels::TilesOfRow<Mine>;
      const int row = tile / columns, index = tile % columns;
      const kernels::TilePlace<Mine> place(row, Tiles::split().first(index));
      Tiles::with_positions(index, [&](auto positions) EBM_INLINE_LAMBDA {
        kernels::with_part_size<Mine.channel_blocks()>(block, [&](auto width) EBM_INLINE_LAMBDA {
          run_tile<Mine, decltype(positions), width>(task, place, channel, w);
        });
      });
      tile = -1;
    }
  }

  template <kernels::Correlation Mine, class Positions, int Width>
  EBM_INLINE void run_tile(const WarpTask& task, const kernels::TilePlace<Mine>& place, int channel,
                           const T* w) const noexcept {
    using L = kernels::OneThread<T>;
    const Epilogue to = epilogue.at(task.offset(OutputSize));
    kernels::compute_tile<L, Mine, Positions, Width>(
        in + task.offset(input_size), w, bias == nullptr ? nullptr : bias + channel, place,
        kernels::TileOutput<Epilogue, L::stride>{to, (place.output + channel) * L::stride,
                                                 Mine.columns.output_step * Mine.outputs});
  }
};

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
