// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/correlation_layer.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/window.hpp>

namespace ebm::inline EBM_ABI {

/// A transposed convolution: the input gradient of the `Conv2d` that leads from its
/// output to its input, by the same kernels.
///
/// y[o][r][c] = b[o] + sum over i, ky, kx with r + p = s r' + ky, c + p = s c' + kx of
/// w[i][o][ky][kx] x[i][r'][c']
/// input: Shape<channels, rows, columns>; output: Shape<Out, (rows - 1) s - 2p + k, ...>; weight:
/// [in][out][kernel row][kernel column]
/// Options: `Stride`, 1 if it is left out, `Padding`, 0 likewise, and `NoBias`, in any order
/// Source: Dumoulin and Visin, "A Guide to Convolution Arithmetic for Deep Learning", 2016, chapter
/// 4; `torch.nn.ConvTranspose2d`.
template <int Out, class KernelSize, class... Options>
struct ConvTranspose2d {
  static_assert(Out >= 1, "ConvTranspose2d has at least one output channel");
  using StrideSize = typename detail::Sliding<KernelSize, Options...>::StrideSize;
  using PaddingSize = typename detail::Sliding<KernelSize, Options...>::PaddingSize;
  static constexpr bool has_bias = detail::Sliding<KernelSize, Options...>::has_bias;

  template <class In>
  struct Mirror {
    static_assert(!In::is_flat,
                  "ConvTranspose2d expects images, Shape<channels, rows, columns>; got a flat "
                  "shape: ConvTranspose2d can't come after Flatten or Linear");
    static constexpr int rows =
        (In::rows - 1) * StrideSize::rows - 2 * PaddingSize::rows + KernelSize::rows;
    static constexpr int columns =
        (In::columns - 1) * StrideSize::columns - 2 * PaddingSize::columns + KernelSize::columns;
    static_assert(rows >= 1 && columns >= 1,
                  "ConvTranspose2d's padding leaves nothing of its output");
    /// The convolution from the output to the input.
    using Convolution =
        detail::CorrelationLayer<detail::AxisGeometry{rows, KernelSize::rows, StrideSize::rows,
                                                      PaddingSize::rows},
                                 detail::AxisGeometry{columns, KernelSize::columns,
                                                      StrideSize::columns, PaddingSize::columns},
                                 Out, In::channels>;
  };

  template <class In>
  struct Bind : LayerDefaults {
    using Convolution = typename Mirror<In>::Convolution;
    using Output = Shape<Out, Mirror<In>::rows, Mirror<In>::columns>;
    static constexpr const char* name = "conv_transpose";
    static constexpr int weight_count = Convolution::weight_count;
    static constexpr int fan_in = Out * KernelSize::rows * KernelSize::columns;  // PyTorch's
    static constexpr auto parameters = detail::weight_and_bias<has_bias>(
        {"weight", {In::channels, Out, KernelSize::rows, KernelSize::columns}, fan_in},
        {"bias", {Out}, fan_in});
    static constexpr std::int64_t multiply_adds = Convolution::multiply_adds;
    static constexpr int bias_offset = Convolution::frozen_size;
    static constexpr int frozen_size = bias_offset + padded_to_packs(Out);
    static constexpr int scratch_size = Convolution::scratch_size;
    static constexpr bool is_affine = true;

    template <class T>
    static void freeze(const T* values, T* frozen) noexcept {
      Convolution::freeze_weight(values, frozen);
      if (has_bias) std::copy_n(values + weight_count, Out, frozen + bias_offset);
    }

    template <class T, class Epilogue>
    static void forward(const Forward<T>& pass, const Epilogue& epilogue) noexcept {
      const T* const bias = has_bias ? pass.frozen + bias_offset : nullptr;
      Convolution::transposed(pass.x, pass.frozen, bias, epilogue);
    }
    template <class T, class Epilogue>
    static void tangent(const Forward<T>& pass, const Epilogue& epilogue) noexcept {
      Convolution::transposed(pass.x, pass.frozen, static_cast<const T*>(nullptr), epilogue);
    }
    template <class T, class Epilogue>
    static void input_gradient(const Backward<T>& pass, const Epilogue& epilogue) noexcept {
      Convolution::tangent(Forward<T>{pass.dy, nullptr, pass.frozen, nullptr}, epilogue);
    }
    template <class T>
    static void weight_gradient(const Backward<T>& pass, T* gradient) noexcept {
      Convolution::weight_gradient(
          Backward<T>{pass.x, pass.dy, nullptr, pass.frozen, nullptr, pass.scratch}, gradient);
    }
    template <class T>
    static void parameter_gradient(const Backward<T>& pass, T* gradient) noexcept {
      weight_gradient(pass, gradient);
      if constexpr (!has_bias) return;
      const auto dy = kernels::elements_at(pass.dy);
      for (int channel = 0; channel < Out; ++channel) {
        Pack<T> sum = dy[channel];
        for (int i = channel + Out; i < Output::size; i += Out) sum += dy[i];
        gradient[weight_count + channel] += sum_lanes(sum);
      }
    }

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value> values) {
      return graph.transposed_convolution(x, values,
                                          detail::Sliding<KernelSize, Options...>::window);
    }
  };
};

static_assert(Layer<ConvTranspose2d<16, Kernel<4>, Stride<2>, Padding<1>>, Shape<32, 7, 7>>);

/// Repeats every pixel `Rows` times `Columns` times: the nearest neighbour at a higher resolution.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels, rows * Rows, columns * Columns>
/// Source: `torch.nn.Upsample(mode='nearest')`.
template <int Rows, int Columns = Rows>
struct Upsample {
  static_assert(Rows >= 1 && Columns >= 1, "Upsample repeats pixels at least once");

  template <class In>
  struct Nearest {
    static_assert(!In::is_flat,
                  "Upsample expects images, Shape<channels, rows, columns>; got a flat shape: "
                  "Upsample can't come after Flatten or Linear");
    using Output = Shape<In::channels, In::rows * Rows, In::columns * Columns>;

    template <class Elements>
    static EBM_INLINE auto output(const Elements& x, int i) noexcept {
      const int channel = i % In::channels, pixel = i / In::channels;
      return x[In::offset(channel, pixel / Output::columns / Rows,
                          pixel % Output::columns / Columns)];
    }
    template <class Elements>
    static EBM_INLINE auto gradient(const Elements& dy, int i) noexcept {
      const int channel = i % In::channels, pixel = i / In::channels;
      const int row = pixel / In::columns * Rows, column = pixel % In::columns * Columns;
      auto sum = dy[Output::offset(channel, row, column)];
      for (int k = 1; k < Rows * Columns; ++k) {
        sum += dy[Output::offset(channel, row + k / Columns, column + k % Columns)];
      }
      return sum;
    }
    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x) {
      return graph.upsample(x, Rows, Columns);
    }
  };

  template <class In>
  struct Bind : detail::ElementLayer<Nearest<In>, In, typename Nearest<In>::Output> {};
};

static_assert(Layer<Upsample<2>, Shape<16, 7, 7>>);

}  // namespace ebm::inline EBM_ABI
