// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/axis.hpp>
#include <ebm/kernels/lanes.hpp>
#include <ebm/kernels/tile.hpp>

/// Parameter gradients of convolutions and linear layers: here a SIMD lane, or a GPU's thread, is
/// an output channel.
///
/// With the adjoints transposed to [position][lane][output], each sample's input is a broadcast
/// scalar, sums over samples need no reduction across lanes, and their order is fixed: position,
/// then sample.
namespace ebm::inline EBM_ABI::kernels {

/// A convolution (a linear layer is one with a 1 x 1 kernel on one pixel), for its gradient.
struct Convolution {
  Axis rows;
  Axis columns;
  int inputs;
  int outputs;

  [[nodiscard]] constexpr int positions() const { return rows.outputs * columns.outputs; }
  /// Output channels, rounded up to a whole number of packs.
  [[nodiscard]] constexpr int padded_outputs() const { return padded_to_packs(outputs); }
  /// Inputs that one output meets in one kernel row.
  [[nodiscard]] constexpr int run() const { return columns.taps * inputs; }
  /// Elements of the transposed adjoints.
  [[nodiscard]] constexpr int transposed_size() const {
    return positions() * lanes * padded_outputs();
  }
};

/// Transposes adjoints to [position][lane][padded output], padding with zeros.
///
/// dy: [position][output][lane]
template <Convolution C, class T>
void transpose_adjoints(const T* dy, T* transposed) noexcept {
  for (int position = 0; position < C.positions(); ++position) {
    for (int lane = 0; lane < lanes; ++lane) {
      T* to = transposed + (position * lanes + lane) * C.padded_outputs();
      const T* from = dy + position * C.outputs * lanes + lane;
      for (int o = 0; o < C.outputs; ++o) to[o] = from[o * lanes];
      for (int o = C.outputs; o < C.padded_outputs(); ++o) to[o] = T(0);
    }
  }
}

namespace detail {

/// Sums x[feature] * dy over all positions and samples, for `Features` consecutive inputs of kernel
/// row `kernel_row` and `Width` vectors of output channels.
template <class L, Convolution C, int Features, int Width, class T>
EBM_INLINE void accumulate(
    const T* x, const T* dy, int kernel_row, int feature,
    typename L::Register (&acc)[std::size_t{Features}][std::size_t{Width}]) noexcept {
  using R = typename L::Register;
  constexpr bool is_thread = simd::is_scalar<R>;
  alignas(64) [[maybe_unused]] T patch[std::size_t{is_thread ? 1 : Features * lanes}];
  // Bounds instead of conditions inside: clang then keeps the accumulators in registers.
  const int last_row = C.rows.last_output(kernel_row);
  const int first_column = C.columns.first_output((feature + Features - 1) / C.inputs);
  const int last_column = C.columns.last_output(feature / C.inputs);
  for (int row = C.rows.first_output(kernel_row); row < last_row; ++row) {
    const int source_row = C.rows.source(row, kernel_row);
    const int row_begin = source_row * C.columns.sources * C.inputs;
    const int row_end = row_begin + C.columns.sources * C.inputs;
    for (int column = first_column; column < last_column; ++column) {
      const int begin = row_begin + C.columns.source(column, 0) * C.inputs + feature;
      const auto is_padding = [&](int f) EBM_INLINE_LAMBDA {
        return begin + f < row_begin || begin + f >= row_end;
      };
      const T* from = x + std::ptrdiff_t{begin} * L::stride;
      if constexpr (!is_thread) {
        if (is_padding(0) || is_padding(Features - 1)) {  // read zeros there
          for (int f = 0; f < Features; ++f) {
            const auto value = is_padding(f) ? Pack<T>(T(0)) : Pack<T>::load(from + f * lanes);
            value.store(patch + f * lanes);
          }
          from = patch;
        }
      }
      const T* adjoint = dy + (row * C.columns.outputs + column) * lanes * C.padded_outputs();
      for (int lane = 0; lane < lanes; ++lane, adjoint += C.padded_outputs()) {
        R slope[std::size_t{Width}];
        EBM_UNROLL
        for (int v = 0; v < Width; ++v) {
          slope[v] = simd::load<R>(adjoint + v * L::Vector::size);
        }
        EBM_UNROLL
        for (int f = 0; f < Features; ++f) {
          const bool is_zero = is_thread && is_padding(f);
          const auto value = simd::broadcast<R>(is_zero ? T(0) : from[f * L::stride + lane]);
          EBM_UNROLL
          for (int v = 0; v < Width; ++v) {
            acc[f][v] = simd::fma(value, slope[v], acc[f][v]);
          }
        }
      }
    }
  }
}

}  // namespace detail

/// Hands the sums of `Features` inputs and `Width` vectors of output channels to
/// `sink(index in PyTorch's layout, sum)`.
template <class L, Convolution C, int Features, int Width, class T, class Sink>
EBM_INLINE void weight_tile(const T* x, const T* dy, int kernel_row, int feature, int first_output,
                            const Sink& sink) noexcept {
  using R = typename L::Register;
  constexpr int size = L::Vector::size;
  R acc[std::size_t{Features}][std::size_t{Width}];
  EBM_UNROLL
  for (int f = 0; f < Features; ++f) {
    EBM_UNROLL
    for (int v = 0; v < Width; ++v) acc[f][v] = simd::broadcast<R>(T(0));
  }
  detail::accumulate<L, C, Features, Width>(x, dy + first_output, kernel_row, feature, acc);
  alignas(64) T sums[std::size_t{Features}][std::size_t{Width * size}];
  EBM_UNROLL
  for (int f = 0; f < Features; ++f) {
    EBM_UNROLL
    for (int v = 0; v < Width; ++v) simd::store(acc[f][v], sums[f] + v * size);
  }
  // Output by output, since an output's weights lie close together.
  constexpr int taps = C.rows.taps * C.columns.taps;
  int place[std::size_t{Features}];
  EBM_UNROLL
  for (int f = 0; f < Features; ++f) {
    const int tap = (feature + f) / C.inputs, input = (feature + f) % C.inputs;
    place[f] = kernel_row * C.columns.taps + tap + input * taps;
  }
  const int count = std::min(Width * size, C.outputs - first_output);
  for (int i = 0; i < count; ++i) {
    const int of_output = (first_output + i) * C.inputs * taps;
    EBM_UNROLL
    for (int f = 0; f < Features; ++f) sink(of_output + place[f], sums[f][i]);
  }
}

/// The sum of dy over all positions and samples, for a vector of output channels.
template <class L, Convolution C, class T>
EBM_INLINE auto bias_sum(const T* dy) noexcept {
  using V = typename L::Vector;
  // Samples first, then positions: short sums lose less to rounding than one long one.
  V sum(T(0));
  for (int position = 0; position < C.positions(); ++position) {
    V over_samples(T(0));
    for (int lane = 0; lane < lanes; ++lane) {
      over_samples += V::load(dy + (position * lanes + lane) * C.padded_outputs());
    }
    sum += over_samples;
  }
  return sum;
}

/// Adds a block's weight gradient: gradient[o][i][ky][kx] += sum over positions and samples.
///
/// x: [row][column][input][lane]; dy: as `transpose_adjoints` leaves it; gradient: PyTorch's layout
template <Convolution C, class T>
void add_weight_gradient(const T* x, const T* dy, T* gradient) noexcept {
  using L = RegisterOfBlock<T>;
  constexpr int vectors = C.padded_outputs() / L::Vector::size;
  constexpr Tile tile = best_tile(C.run(), vectors);
  constexpr Split features(C.run(), tile.rows);
  constexpr Split widths(vectors, tile.columns);
  for (int kernel_row = 0; kernel_row < C.rows.taps; ++kernel_row) {
    for (int f = 0; f < features.parts; ++f) {
      for (int v = 0; v < widths.parts; ++v) {
        with_part_size<features>(f, [&](auto count) {
          with_part_size<widths>(v, [&](auto width) {
            weight_tile<L, C, count, width>(
                x, dy, kernel_row, features.first(f), widths.first(v) * L::Vector::size,
                [gradient](int index, T sum) EBM_INLINE_LAMBDA { gradient[index] += sum; });
          });
        });
      }
    }
  }
}

/// Adds a block's bias gradient: gradient[o] += sum over positions and samples of dy.
///
/// dy: as `transpose_adjoints` leaves it
template <Convolution C, class T>
void add_bias_gradient(const T* dy, T* gradient) noexcept {
  using L = RegisterOfBlock<T>;
  for (int first = 0; first < C.outputs; first += L::Vector::size) {
    alignas(64) T sums[L::Vector::size];
    bias_sum<L, C>(dy + first).store(sums);
    const int count = std::min(L::Vector::size, C.outputs - first);
    for (int o = 0; o < count; ++o) gradient[first + o] += sums[o];
  }
}

}  // namespace ebm::inline EBM_ABI::kernels
