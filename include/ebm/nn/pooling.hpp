// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/shape.hpp>
#include <ebm/kernels/average.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/layer.hpp>
#include <ebm/nn/window.hpp>

namespace ebm::inline EBM_ABI::detail {

/// The windows of pooling layers over inputs of shape `In`.
template <class In, class KernelSize, class StrideSize>
struct Pooling {
  static_assert(is_a<Kernel, KernelSize> && is_a<Stride, StrideSize>,
                "pooling is given a Kernel and, if it is another one, a Stride");
  static_assert(!In::is_flat,
                "AveragePool and MaxPool expect images, Shape<channels, rows, columns>; got a flat "
                "shape: pooling can't come after Flatten or Linear");
  static_assert(In::rows >= KernelSize::rows && In::columns >= KernelSize::columns,
                "a pooling's kernel is larger than its input");
  static constexpr kernels::Windows windows{
      .rows = {In::rows, KernelSize::rows, StrideSize::rows},
      .columns = {In::columns, KernelSize::columns, StrideSize::columns},
      .channels = In::channels};
  using Output = Shape<In::channels, windows.rows.outputs(), windows.columns.outputs()>;
};

}  // namespace ebm::inline EBM_ABI::detail

namespace ebm::inline EBM_ABI {

/// The mean of every window of an image, channel by channel; without padding.
///
/// y[c][r][q] = (sum over ky, kx of x[c][r s + ky][q s + kx]) / (kernel rows * kernel columns)
/// input: Shape<channels, rows, columns>; output: Shape<channels, (rows - k) / s + 1, ...>, rounded
/// down: rows and columns that fill no window are not read, and their gradient is zero
/// Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, there
/// with a trainable factor; `torch.nn.AvgPool2d`.
template <class KernelSize, class StrideSize = Stride<KernelSize::rows, KernelSize::columns>>
struct AveragePool {
  template <class In>
  struct Mean {
    static constexpr kernels::Windows windows =
        detail::Pooling<In, KernelSize, StrideSize>::windows;
    using Output = typename detail::Pooling<In, KernelSize, StrideSize>::Output;

    template <class Elements>
    static EBM_INLINE auto output(const Elements& x, int i) noexcept {
      return kernels::mean_of_window<windows>(x, i);
    }
    template <class Elements>
    static EBM_INLINE auto gradient(const Elements& dy, int i) noexcept {
      return kernels::gradient_of_windows<windows>(dy, i);
    }
    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x) {
      return graph.average_pool(x, detail::Sliding<KernelSize, StrideSize>::window);
    }
  };

  template <class In>
  struct Bind : detail::ElementLayer<Mean<In>, In, typename Mean<In>::Output> {};
};

static_assert(Layer<AveragePool<Kernel<2>>, Shape<16, 28, 28>>);

/// The mean of every channel: one number each, ready for `Linear`.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels>
/// Source: Lin, Chen, Yan, "Network In Network", 2014, section 3.2.
struct GlobalAveragePool {
  template <class In>
  struct Bind : AveragePool<Kernel<In::rows, In::columns>>::template Bind<In> {
    using Output = Shape<In::channels>;

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value>) {
      return graph.reshape(graph.mean(x, {2, 3}), {graph.samples(x), In::channels});
    }
  };
};

static_assert(Layer<GlobalAveragePool, Shape<64, 4, 4>>);

/// The largest element of every window of an image, channel by channel; without padding.
///
/// Of equal elements the first in the window's order, row by row, gets the gradient, as in PyTorch.
/// input: Shape<channels, rows, columns>; output: Shape<channels, (rows - k) / s + 1, ...>, rounded
/// down
/// Source: Riesenhuber and Poggio, "Hierarchical Models of Object Recognition in Cortex", 1999;
/// `torch.nn.MaxPool2d`.
template <class KernelSize, class StrideSize = Stride<KernelSize::rows, KernelSize::columns>>
struct MaxPool {
  template <class In>
  struct Bind : LayerDefaults {
    using Pooled = detail::Pooling<In, KernelSize, StrideSize>;
    using Output = typename Pooled::Output;
    static constexpr kernels::Windows windows = Pooled::windows;
    static constexpr int saved_size = Output::size;  // the place in its window of each maximum

    template <class Number, class Weight, class Epilogue>
    static void forward(const Forward<Number, Weight>& pass, const Epilogue& epilogue) noexcept {
      using P = PackOf<Number>;
      using T = RealOf<Number>;
      const auto x = kernels::elements_at(pass.x);
      for (int i = 0; i < Output::size; ++i) {
        const int channel = i % In::channels, window = i / In::channels;
        const int row = window / Output::columns * StrideSize::rows;
        const int column = window % Output::columns * StrideSize::columns;
        P largest = x[In::offset(channel, row, column)], place(T(0));
        for (int k = 1; k < KernelSize::rows * KernelSize::columns; ++k) {
          const P value = x[In::offset(channel, row + k / KernelSize::columns,
                                       column + k % KernelSize::columns)];
          const auto is_larger = value > largest;
          largest = select(is_larger, value, largest);
          place = select(is_larger, P(static_cast<T>(k)), place);
        }
        store_to(pass.saved + i * lanes, place);
        epilogue(largest, i * lanes);
      }
    }

    template <class Number, class Weight, class Epilogue>
    static void input_gradient(const Backward<Number, Weight>& pass,
                               const Epilogue& epilogue) noexcept {
      using P = PackOf<Number>;
      using T = RealOf<Number>;
      const auto dy = kernels::elements_at(pass.dy);
      const auto places = kernels::elements_at(pass.saved);
      for (int i = 0; i < In::size; ++i) {
        const int channel = i % In::channels, pixel = i / In::channels;
        const int row = pixel / In::columns, column = pixel % In::columns;
        P sum(T(0));
        for (int r = windows.rows.first_window(row); r < windows.rows.last_window(row); ++r) {
          for (int c = windows.columns.first_window(column);
               c < windows.columns.last_window(column); ++c) {
            const int output = Output::offset(channel, r, c);
            const int place = (row - r * StrideSize::rows) * KernelSize::columns +
                              (column - c * StrideSize::columns);
            const P distance = abs(places[output] - P(static_cast<T>(place)));
            sum += select(distance < P(T(0.5)), dy[output], P(T(0)));
          }
        }
        epilogue(sum, i * lanes);
      }
    }

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value>) {
      return graph.max_pool(x, detail::Sliding<KernelSize, StrideSize>::window);
    }
  };
};

static_assert(Layer<MaxPool<Kernel<2>>, Shape<16, 28, 28>>);

}  // namespace ebm::inline EBM_ABI
