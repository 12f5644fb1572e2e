// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>
#include <ebm/kernels/axis.hpp>
#include <ebm/kernels/tile.hpp>

/// Parameter gradients of convolutions and linear layers: here a SIMD lane is an output channel.
///
/// With the adjoints transposed to [position][lane][output], each sample's input is a broadcast
/// scalar, sums over samples need no reduction across lanes, and their order is fixed: position,
/// then sample.
namespace ebm::kernels {

/// A convolution (a linear layer is one with a 1 x 1 kernel on one pixel), for its gradient.
struct Convolution {
  Axis rows;
  Axis columns;
  int inputs;
  int outputs;

  [[nodiscard]] constexpr int positions() const { return rows.outputs * columns.outputs; }
  /// Output channels, rounded up to a whole number of packs.
  [[nodiscard]] constexpr int padded_outputs() const {
    return (outputs + lanes - 1) / lanes * lanes;
  }
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

/// Neighbouring output channels.
template <class T>
using ChannelRegister = simd::Register<T, lanes>;
template <class T>
inline constexpr int register_channels = simd::width<T, lanes>;

/// Sums x[feature] * dy over all positions and samples, for `Features` consecutive inputs of kernel
/// row `kernel_row` and `Width` vectors of output channels.
template <Convolution C, int Features, int Width, class T>
EBM_INLINE void accumulate(const T* x, const T* dy, int kernel_row, int feature,
                           ChannelRegister<T> (&acc)[Features][Width]) noexcept {
  using R = ChannelRegister<T>;
  alignas(64) T patch[Features * lanes];
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
      const int end = begin + Features;
      const T* from = x + std::ptrdiff_t{begin} * lanes;
      if (begin < row_begin || end > row_end) {  // partly in the padding: read zeros there
        for (int f = 0; f < Features; ++f) {
          const bool inside = begin + f >= row_begin && begin + f < row_end;
          for (int lane = 0; lane < lanes; ++lane) {
            patch[f * lanes + lane] = inside ? from[f * lanes + lane] : T(0);
          }
        }
        from = patch;
      }
      const T* adjoint = dy + (row * C.columns.outputs + column) * lanes * C.padded_outputs();
      for (int lane = 0; lane < lanes; ++lane, adjoint += C.padded_outputs()) {
        R slope[Width];
        unroll<Width>([&](auto v) EBM_INLINE_LAMBDA {
          slope[v] = simd::load<R>(adjoint + v * register_channels<T>);
        });
        unroll<Features>([&](auto f) EBM_INLINE_LAMBDA {
          const R value = simd::broadcast<R>(from[f * lanes + lane]);
          unroll<Width>(
              [&](auto v) EBM_INLINE_LAMBDA { acc[f][v] = simd::fma(value, slope[v], acc[f][v]); });
        });
      }
    }
  }
}

template <Convolution C, int Features, int Width, class T>
void weight_tile(const T* x, const T* dy, int kernel_row, int feature, int vector,
                 T* gradient) noexcept {
  using R = ChannelRegister<T>;
  constexpr int size = register_channels<T>;
  R acc[Features][Width];
  unroll<Features>([&](auto f) EBM_INLINE_LAMBDA {
    unroll<Width>([&](auto v) EBM_INLINE_LAMBDA { acc[f][v] = simd::broadcast<R>(T(0)); });
  });
  accumulate<C>(x, dy + vector * size, kernel_row, feature, acc);
  alignas(64) T sums[Features][Width * size];
  unroll<Features>([&](auto f) EBM_INLINE_LAMBDA {
    unroll<Width>([&](auto v) EBM_INLINE_LAMBDA { simd::store(acc[f][v], sums[f] + v * size); });
  });
  // Output by output, since an output's weights lie close together.
  constexpr int taps = C.rows.taps * C.columns.taps;
  const int first = vector * size, count = std::min(Width * size, C.outputs - first);
  for (int i = 0; i < count; ++i) {
    T* of_output = gradient + (first + i) * C.inputs * taps + kernel_row * C.columns.taps;
    for (int f = 0; f < Features; ++f) {
      const int tap = (feature + f) / C.inputs, input = (feature + f) % C.inputs;
      of_output[input * taps + tap] += sums[f][i];
    }
  }
}

}  // namespace detail

/// Adds a block's weight gradient: gradient[o][i][ky][kx] += sum over positions and samples.
///
/// x: [row][column][input][lane]; dy: as `transpose_adjoints` leaves it; gradient: PyTorch's layout
template <Convolution C, class T>
void add_weight_gradient(const T* x, const T* dy, T* gradient) noexcept {
  constexpr int vectors = C.padded_outputs() / detail::register_channels<T>;
  constexpr Tile tile = best_tile(C.run(), vectors);
  constexpr Split features(C.run(), tile.rows);
  constexpr Split widths(vectors, tile.columns);
  for (int kernel_row = 0; kernel_row < C.rows.taps; ++kernel_row) {
    for (int f = 0; f < features.parts; ++f) {
      for (int v = 0; v < widths.parts; ++v) {
        // Parts differ in size by at most one.
        const auto call = [&](auto count, auto width) {
          detail::weight_tile<C, count, width>(x, dy, kernel_row, features.first(f),
                                               widths.first(v), gradient);
        };
        const auto with_width = [&](auto count) {
          constexpr int wide = widths.size(0), narrow = widths.size(widths.parts - 1);
          if (widths.size(v) == wide) {
            call(count, std::integral_constant<int, wide>{});
          } else {
            call(count, std::integral_constant<int, narrow>{});
          }
        };
        constexpr int many = features.size(0), few = features.size(features.parts - 1);
        if (features.size(f) == many) {
          with_width(std::integral_constant<int, many>{});
        } else {
          with_width(std::integral_constant<int, few>{});
        }
      }
    }
  }
}

/// Adds a block's bias gradient: gradient[o] += sum over positions and samples of dy.
///
/// dy: as `transpose_adjoints` leaves it
template <Convolution C, class T>
void add_bias_gradient(const T* dy, T* gradient) noexcept {
  using V = Pack<T, simd::width<T, lanes>>;
  for (int first = 0; first < C.outputs; first += V::size) {
    // Samples first, then positions: short sums lose less to rounding than one long one.
    V sum(T(0));
    for (int position = 0; position < C.positions(); ++position) {
      V over_samples(T(0));
      for (int lane = 0; lane < lanes; ++lane) {
        over_samples += V::load(dy + (position * lanes + lane) * C.padded_outputs() + first);
      }
      sum += over_samples;
    }
    alignas(64) T sums[V::size];
    sum.store(sums);
    for (int o = first; o < std::min(first + V::size, C.outputs); ++o)
      gradient[o] += sums[o - first];
  }
}

}  // namespace ebm::kernels
