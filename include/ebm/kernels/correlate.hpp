// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>
#include <ebm/kernels/axis.hpp>
#include <ebm/kernels/tile.hpp>

/// The one kernel behind convolutions, linear layers and their input gradients.
///
/// In a block `[row][column][channel][lane]` the taps of a kernel row are one contiguous run, so
/// each of those is a sum of `acc[position][out] += x[position * step + j] * w[j][out]` over runs
/// of j. A layer is only the list of its runs: which rows, where clipped, which weights.
namespace ebm::kernels {

/// One register's worth of a block's lanes: plain registers in the loops, packs in the epilogues.
template <class T>
using Vector = Pack<T, simd::width<T, lanes>>;
template <class T>
using Register = simd::Register<T, lanes>;

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
  /// Where the weights of an output stand: [block][row slot][column slot][input][output in block].
  [[nodiscard]] constexpr WeightPlaces weights_of(int output) const {
    const Split blocks = channel_blocks();
    int block = 0;
    while (blocks.first(block + 1) <= output) ++block;
    const int first = blocks.first(block);
    return {.first = first * row_slots * column_slots * inputs + (output - first),
            .row = column_slots * inputs * blocks.size(block),
            .column = inputs * blocks.size(block),
            .input = blocks.size(block)};
  }
};

namespace detail {

/// The run: acc[p][o] += x[p * step + j] * w[j * Width + o] for the positions [Begin, End).
template <int Step, int Length, int Begin, int End, int Positions, int Width, class T>
EBM_INLINE void run(const T* x, const T* w, Register<T> (&acc)[Positions][Width]) noexcept {
  for (int j = 0; j < Length; ++j, x += lanes, w += Width) {
    Register<T> value[End - Begin];
    unroll<End - Begin>([&](auto p) EBM_INLINE_LAMBDA {
      value[p] = simd::load<Register<T>>(x + (Begin + p) * Step * lanes);
    });
    unroll<Width>([&](auto o) EBM_INLINE_LAMBDA {
      const Register<T> weight = simd::broadcast<Register<T>>(w[o]);
      unroll<End - Begin>([&](auto p) EBM_INLINE_LAMBDA {
        acc[Begin + p][o] = simd::fma(value[p], weight, acc[Begin + p][o]);
      });
    });
  }
}

/// Positions of a tile: known at compile time at the borders, where taps are clipped.
template <Correlation C, int First, int Count>
struct BorderTile {
  static constexpr int count = Count;
  /// The positions [begin, end) of the tile whose tap `tap` meets a source.
  static constexpr int begin(int tap) {
    int p = 0;
    while (p < Count && C.columns.source(First + p, tap) < 0) ++p;
    return p;
  }
  static constexpr int end(int tap) {
    int p = Count;
    while (p > begin(tap) && C.columns.source(First + p - 1, tap) >= C.columns.sources) --p;
    return p;
  }
};

/// Any tile whose taps all meet a source.
template <Correlation C, int Count>
struct InnerTile {
  static constexpr int count = Count;
  static constexpr int begin(int) { return 0; }
  static constexpr int end(int) { return Count; }
};

/// Adds one kernel row to the accumulators: taps that the same positions use make one run.
template <Correlation C, class Positions, int Tap, int Width, class T>
EBM_INLINE void add_row(const T* x, const T* w,
                        Register<T> (&acc)[Positions::count][Width]) noexcept {
  if constexpr (Tap < C.columns.taps) {
    constexpr int begin = Positions::begin(Tap), end = Positions::end(Tap);
    constexpr int next = [] {
      int tap = Tap + 1;
      while (tap < C.columns.taps && Positions::begin(tap) == begin && Positions::end(tap) == end) {
        ++tap;
      }
      return tap;
    }();
    if constexpr (begin < end) {
      run<C.columns.step * C.inputs, (next - Tap) * C.inputs, begin, end>(
          x + Tap * C.inputs * lanes, w + Tap * C.inputs * Width, acc);
    }
    add_row<C, Positions, next>(x, w, acc);
  }
}

/// One tile: all runs of `Positions` x `Width` outputs, then the epilogue.
///
/// x: source of the first position's tap 0 in kernel row `first_row_tap`; may point before the
/// block where that tap is clipped away.
template <Correlation C, class Positions, int Width, class T, class Epilogue>
EBM_INLINE void compute_tile(const T* x, int kernel_rows, const T* w, const T* bias, int output,
                             int group, const Epilogue& epilogue) noexcept {
  Register<T> acc[Positions::count][Width];
  unroll<Width>([&](auto o) EBM_INLINE_LAMBDA {
    const auto start = simd::broadcast<Register<T>>(bias == nullptr ? T(0) : bias[o]);
    unroll<Positions::count>([&](auto p) EBM_INLINE_LAMBDA { acc[p][o] = start; });
  });
  for (int row = 0; row < kernel_rows; ++row) {
    add_row<C, Positions, 0>(x, w, acc);
    x += C.columns.sources * C.inputs * lanes;
    w += C.column_slots * C.inputs * Width;
  }
  // Leaving the registers here keeps the epilogue's code short: a loop instead of a copy each.
  Vector<T> sum[Positions::count][Width];
  unroll<Positions::count>([&](auto p) EBM_INLINE_LAMBDA {
    unroll<Width>([&](auto o) EBM_INLINE_LAMBDA { sum[p][o] = Vector<T>(acc[p][o]); });
  });
  for (int p = 0; p < Positions::count; ++p) {
    for (int o = 0; o < Width; ++o) {
      const int element = output + p * C.columns.output_step * C.outputs + o;
      epilogue(sum[p][o], element * lanes + group * Vector<T>::size);
    }
  }
}

/// All channels of the tile at column `first_column` of output row `row`.
template <Correlation C, class Positions, class T, class Epilogue>
void compute_columns(const T* in, const T* weights, const T* bias, int row, int first_column,
                     const Epilogue& epilogue) noexcept {
  const int first_tap = C.rows.first_tap(row);
  const int kernel_rows = C.rows.last_tap(row) - first_tap;
  const std::ptrdiff_t source = std::ptrdiff_t{C.rows.source(row, first_tap)} * C.columns.sources +
                                C.columns.source(first_column, 0);
  const T* x = in + source * C.inputs * lanes;
  const int output_row = C.rows.output_first + row * C.rows.output_step;
  const int output_column = C.columns.output_first + first_column * C.columns.output_step;
  const int output = (output_row * C.output_columns + output_column) * C.outputs;
  const int slot = (C.rows.first_slot + first_tap) * C.column_slots + C.columns.first_slot;

  constexpr Split blocks = C.channel_blocks();
  const auto block = [&](auto width, int index) EBM_INLINE_LAMBDA {
    const int channel = blocks.first(index);
    const T* w = weights + (channel * C.row_slots * C.column_slots + slot * width) * C.inputs;
    for (int group = 0; group < lanes / Vector<T>::size; ++group) {
      compute_tile<C, Positions, width>(x + group * Vector<T>::size, kernel_rows, w,
                                        bias == nullptr ? nullptr : bias + channel,
                                        output + channel, group, epilogue);
    }
  };
  // A split makes blocks of two widths: the wider ones first.
  constexpr int wide = blocks.wide_parts();
  for (int index = 0; index < wide; ++index) {
    block(std::integral_constant<int, blocks.size(0)>{}, index);
  }
  if constexpr (wide < blocks.parts) {
    for (int index = wide; index < blocks.parts; ++index) {
      block(std::integral_constant<int, blocks.size(blocks.parts - 1)>{}, index);
    }
  }
}

/// All channels of tile `Index` of output row `row`, if there is one.
template <Correlation C, int Index, class T, class Epilogue>
void compute_tile_of_row(const T* in, const T* weights, const T* bias, int row,
                         const Epilogue& epilogue) noexcept {
  constexpr Split tiles = C.column_tiles();
  if constexpr (C.rows.outputs > 0 && Index < tiles.parts) {
    if (row >= C.rows.outputs) return;
    constexpr int first = tiles.first(Index), count = tiles.size(Index);
    constexpr bool inner =
        C.columns.source(first, 0) >= 0 &&
        C.columns.source(first + count - 1, C.columns.taps - 1) < C.columns.sources;
    using Positions = std::conditional_t<inner, InnerTile<C, count>, BorderTile<C, first, count>>;
    compute_columns<C, Positions>(in, weights, bias, row, first, epilogue);
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
