// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/correlation_layer.hpp>
#include <ebm/nn/layer.hpp>
#include <ebm/nn/window.hpp>

namespace ebm::inline EBM_ABI {

/// A two-dimensional convolution (cross-correlation, as in PyTorch).
///
/// y[o][r][c] = b[o] + sum over i, ky, kx of w[o][i][ky][kx] x[i][r s + ky - p][c s + kx - p]
/// input: Shape<channels, rows, columns>; output: Shape<Out, (rows + 2p - k) / s + 1, ...>
/// Options: `Stride`, 1 if it is left out, `Padding`, 0 likewise, and `NoBias`, in any order
template <int Out, class KernelSize, class... Options>
struct Conv2d {
  static_assert(Out >= 1, "Conv2d has at least one output channel");
  using StrideSize = typename detail::Sliding<KernelSize, Options...>::StrideSize;
  using PaddingSize = typename detail::Sliding<KernelSize, Options...>::PaddingSize;
  static constexpr bool has_bias = detail::Sliding<KernelSize, Options...>::has_bias;

  template <class In>
  struct Geometry {
    static_assert(!In::is_flat,
                  "Conv2d expects images, Shape<channels, rows, columns>; got a flat shape: the "
                  "input of Conv2d can't come after Flatten or Linear");
    static_assert(In::rows + 2 * PaddingSize::rows >= KernelSize::rows &&
                      In::columns + 2 * PaddingSize::columns >= KernelSize::columns,
                  "Conv2d's kernel is larger than its padded input");
    static constexpr detail::AxisGeometry rows{In::rows, KernelSize::rows, StrideSize::rows,
                                               PaddingSize::rows};
    static constexpr detail::AxisGeometry columns{In::columns, KernelSize::columns,
                                                  StrideSize::columns, PaddingSize::columns};
  };

  template <class In>
  struct Bind : detail::CorrelationLayer<Geometry<In>::rows, Geometry<In>::columns, In::channels,
                                         Out, has_bias> {
    using Output =
        Shape<Out, Geometry<In>::rows.forward().outputs, Geometry<In>::columns.forward().outputs>;
    static constexpr const char* name = "conv";
    static constexpr auto parameters = detail::weight_and_bias<has_bias>(
        {"weight", {Out, In::channels, KernelSize::rows, KernelSize::columns}, Bind::fan_in},
        {"bias", {Out}, Bind::fan_in});

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value> values) {
      return graph.convolution(x, values, detail::Sliding<KernelSize, Options...>::window);
    }
  };
};

static_assert(Layer<Conv2d<16, Kernel<5>, Stride<2>, Padding<4>>, Shape<1, 28, 28>>);

}  // namespace ebm::inline EBM_ABI
