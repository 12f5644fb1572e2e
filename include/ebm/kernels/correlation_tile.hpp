// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/correlation.hpp>
#include <ebm/kernels/lanes.hpp>

/// One tile of a correlation, in the registers of a core or of a GPU's thread.
///
/// In a block `[row][column][channel][lane]` the taps of a kernel row are one contiguous run, so
/// convolutions, linear layers and their input gradients are all sums of
/// `acc[position][out] += x[position * step + j] * w[j][out]` over runs of j. A layer is only the
/// list of its runs: which rows, where clipped, which weights.
namespace ebm::inline EBM_ABI::kernels {

namespace detail {

/// The run: acc[p][o] += x[p * step + j] * w[j * Width + o] for the positions [Begin, End).
template <class L, int Step, int Length, int Begin, int End, int Positions, int Width, class T>
EBM_INLINE void run(
    const T* x, const T* w,
    typename L::Register (&acc)[std::size_t{Positions}][std::size_t{Width}]) noexcept {
  using R = typename L::Register;
  for (int j = 0; j < Length; ++j, x += L::stride, w += Width) {
    R value[std::size_t{End - Begin}];
    EBM_UNROLL
    for (int p = Begin; p < End; ++p) {
      value[p - Begin] = simd::load<R>(x + p * Step * L::stride);
    }
    EBM_UNROLL
    for (int o = 0; o < Width; ++o) {
      const auto weight = simd::broadcast<R>(w[o]);
      EBM_UNROLL
      for (int p = Begin; p < End; ++p) {
        acc[p][o] = simd::fma(value[p - Begin], weight, acc[p][o]);
      }
    }
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
template <class L, Correlation C, class Positions, int Tap, int Width, class T>
EBM_INLINE void add_row(
    const T* x, const T* w,
    typename L::Register (&acc)[std::size_t{Positions::count}][std::size_t{Width}]) noexcept {
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
      run<L, C.columns.step * C.inputs, (next - Tap) * C.inputs, begin, end, Positions::count,
          Width>(x + Tap * C.inputs * L::stride, w + Tap * C.inputs * Width, acc);
    }
    add_row<L, C, Positions, next, Width>(x, w, acc);
  }
}

}  // namespace detail

/// The tiles that a row of outputs is cut into.
///
/// Taps hang out of the source only near both ends: those tiles are compiled one by one, of the
/// others one of each size, however long the row.
template <Correlation C>
struct TilesOfRow {
  // A function: device code can't reach an object with static storage.
  static constexpr Split split() { return C.column_tiles(); }
  static constexpr bool is_inner(int tile) {
    const int first = split().first(tile), last = split().first(tile + 1) - 1;
    return C.columns.source(first, 0) >= 0 &&
           C.columns.source(last, C.columns.taps - 1) < C.columns.sources;
  }
  /// The inner tiles are [first_inner, last_inner).
  static constexpr int first_inner = [] {
    int tile = 0;
    while (tile < split().parts && !is_inner(tile)) ++tile;
    return tile;
  }();
  static constexpr int last_inner = [] {
    int tile = split().parts;
    while (tile > first_inner && !is_inner(tile - 1)) --tile;
    return tile;
  }();

  /// Calls f(positions) with the type of tile `tile`'s positions.
  template <class F>
  static EBM_INLINE void with_positions(int tile, const F& f) {
    if (tile < first_inner) {
      with_border_tile<0, first_inner>(tile, f);
    } else if (tile >= last_inner) {
      with_border_tile<last_inner, split().parts - last_inner>(tile, f);
    } else if constexpr (first_inner < last_inner) {
      constexpr int wide = split().size(first_inner), narrow = split().size(last_inner - 1);
      if constexpr (narrow < wide) {
        if (tile >= split().wide_parts()) return f(detail::InnerTile<C, narrow>{});
      }
      f(detail::InnerTile<C, wide>{});
    }
  }

 private:
  template <int First, int Count, class F>
  static EBM_INLINE void with_border_tile(int tile, const F& f) {
    with_constant<Count>(tile - First, [&](auto index) EBM_INLINE_LAMBDA {
      constexpr int at = First + index;
      f(detail::BorderTile<C, split().first(at), split().size(at)>{});
    });
  }
};

/// Where the tile at column `first_column` of row `row` of the outputs reads and writes.
template <Correlation C>
struct TilePlace {
  int kernel_rows;        ///< that meet a source
  int slot;               ///< of the first of them, and of tap 0, among the packed weights
  std::ptrdiff_t source;  ///< their first pixel; before the block where tap 0 is clipped away
  int output;             ///< element

  EBM_INLINE TilePlace(int row, int first_column) noexcept {
    const int first_tap = C.rows.first_tap(row);
    kernel_rows = C.rows.last_tap(row) - first_tap;
    slot = (C.rows.first_slot + first_tap) * C.column_slots + C.columns.first_slot;
    source = std::ptrdiff_t{C.rows.source(row, first_tap)} * C.columns.sources +
             C.columns.source(first_column, 0);
    const int output_row = C.rows.output_first + row * C.rows.output_step;
    const int output_column = C.columns.output_first + first_column * C.columns.output_step;
    output = (output_row * C.output_columns + output_column) * C.outputs;
  }
};

/// Hands what a tile has computed to the epilogue: where position p and channel o of it belong.
template <class Epilogue, int Stride>
struct TileOutput {
  const Epilogue& epilogue;
  int first;  ///< offset in the block of the first position and channel, with the lane
  int step;   ///< from one position to the next, in elements

  template <class V>
  EBM_INLINE void operator()(const V& value, int p, int o) const noexcept {
    epilogue(value, first + (p * step + o) * Stride);
  }
};

/// The sums of a tile of `Width` neighbouring channels: bias, then all runs; then each goes to
/// `output(sum, position, channel)`.
///
/// in, weights, bias: at the first of the lanes and of the channels; bias may be null for zeros
template <class L, Correlation C, class Positions, int Width, class T, class Output>
EBM_INLINE void compute_tile(const T* in, const T* weights, const T* bias,
                             const TilePlace<C>& place, const Output& output) noexcept {
  using R = typename L::Register;
  R acc[std::size_t{Positions::count}][std::size_t{Width}];
  EBM_UNROLL
  for (int o = 0; o < Width; ++o) {
    const auto start = simd::broadcast<R>(bias == nullptr ? T(0) : bias[o]);
    EBM_UNROLL
    for (int p = 0; p < Positions::count; ++p) acc[p][o] = start;
  }
  const T* x = in + place.source * C.inputs * L::stride;
  const T* w = weights + place.slot * Width * C.inputs;
  for (int row = 0; row < place.kernel_rows; ++row) {
    detail::add_row<L, C, Positions, 0, Width>(x, w, acc);
    x += C.columns.sources * C.inputs * L::stride;
    w += C.column_slots * C.inputs * Width;
  }
  EBM_UNROLL
  for (int p = 0; p < Positions::count; ++p) {
    EBM_UNROLL
    for (int o = 0; o < Width; ++o) output(typename L::Vector(acc[p][o]), p, o);
  }
}

}  // namespace ebm::inline EBM_ABI::kernels
