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
namespace ebm::kernels {

namespace detail {

/// The run: acc[p][o] += x[p * step + j] * w[j * Width + o] for the positions [Begin, End).
template <class L, int Step, int Length, int Begin, int End, int Positions, int Width, class T>
EBM_INLINE void run(const T* x, const T* w,
                    typename L::Register (&acc)[Positions][Width]) noexcept {
  using R = typename L::Register;
  for (int j = 0; j < Length; ++j, x += L::stride, w += Width) {
    R value[End - Begin];
    unroll<End - Begin>([&](auto p) EBM_INLINE_LAMBDA {
      value[p] = simd::load<R>(x + (Begin + p) * Step * L::stride);
    });
    unroll<Width>([&](auto o) EBM_INLINE_LAMBDA {
      const R weight = simd::broadcast<R>(w[o]);
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
template <class L, Correlation C, class Positions, int Tap, int Width, class T>
EBM_INLINE void add_row(const T* x, const T* w,
                        typename L::Register (&acc)[Positions::count][Width]) noexcept {
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
      run<L, C.columns.step * C.inputs, (next - Tap) * C.inputs, begin, end>(
          x + Tap * C.inputs * L::stride, w + Tap * C.inputs * Width, acc);
    }
    add_row<L, C, Positions, next>(x, w, acc);
  }
}

}  // namespace detail

/// Tile `Index` of a row of outputs.
template <Correlation C, int Index>
struct TileAt {
  static constexpr int first = C.column_tiles().first(Index);
  static constexpr int count = C.column_tiles().size(Index);
  static constexpr bool is_inner =
      C.columns.source(first, 0) >= 0 &&
      C.columns.source(first + count - 1, C.columns.taps - 1) < C.columns.sources;
  using Positions = std::conditional_t<is_inner, detail::InnerTile<C, count>,
                                       detail::BorderTile<C, first, count>>;
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

/// One tile of `Width` neighbouring channels: all its runs, then the epilogue.
///
/// in, weights, bias: at the first of the lanes and of the channels; `channel` is the first channel
/// and `lane` the first lane, for the epilogue's sake
template <class L, Correlation C, class Positions, int Width, class T, class Epilogue>
EBM_INLINE void compute_tile(const T* in, const T* weights, const T* bias,
                             const TilePlace<C>& place, int channel, int lane,
                             const Epilogue& epilogue) noexcept {
  using R = typename L::Register;
  using V = typename L::Vector;
  R acc[Positions::count][Width];
  unroll<Width>([&](auto o) EBM_INLINE_LAMBDA {
    const auto start = simd::broadcast<R>(bias == nullptr ? T(0) : bias[o]);
    unroll<Positions::count>([&](auto p) EBM_INLINE_LAMBDA { acc[p][o] = start; });
  });
  const T* x = in + place.source * C.inputs * L::stride;
  const T* w = weights + place.slot * Width * C.inputs;
  for (int row = 0; row < place.kernel_rows; ++row) {
    detail::add_row<L, C, Positions, 0>(x, w, acc);
    x += C.columns.sources * C.inputs * L::stride;
    w += C.column_slots * C.inputs * Width;
  }
  const auto element_of = [&](int p, int o) EBM_INLINE_LAMBDA {
    return place.output + channel + p * C.columns.output_step * C.outputs + o;
  };
  if constexpr (simd::is_scalar<R>) {
    unroll<Positions::count>([&](auto p) EBM_INLINE_LAMBDA {
      unroll<Width>([&](auto o) EBM_INLINE_LAMBDA {
        epilogue(V(acc[p][o]), element_of(p, o) * L::stride + lane);
      });
    });
  } else {
    // Leaving the registers here keeps the epilogue's code short: a loop instead of a copy each.
    V sum[Positions::count][Width];
    unroll<Positions::count>([&](auto p) EBM_INLINE_LAMBDA {
      unroll<Width>([&](auto o) EBM_INLINE_LAMBDA { sum[p][o] = V(acc[p][o]); });
    });
    for (int p = 0; p < Positions::count; ++p) {
      for (int o = 0; o < Width; ++o) {
        epilogue(sum[p][o], element_of(p, o) * L::stride + lane);
      }
    }
  }
}

}  // namespace ebm::kernels
