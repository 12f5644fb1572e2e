// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/correlation_layer.hpp>
#include <ebm/nn/layer.hpp>
#include <ebm/nn/window.hpp>

namespace ebm::inline EBM_ABI {

/// An affine map of flat features: y = W x + b.
///
/// input: Shape<in>; output: Shape<Out>; weight: [out][in]
/// Options: `NoBias`, for y = W x
template <int Out, class... Options>
struct Linear {
  static_assert(Out >= 1, "Linear has at least one output");
  static_assert(sizeof...(Options) <= 1 && (std::same_as<Options, NoBias> && ...),
                "Linear takes its number of outputs, and no option but NoBias");
  static constexpr bool has_bias = sizeof...(Options) == 0;

  template <class In>
  struct Features {
    static_assert(In::is_flat,
                  "Linear expects a flat input, Shape<features>; got Shape<channels, rows, "
                  "columns>: put Flatten before it");
    static constexpr int count = In::channels;
  };

  static constexpr detail::AxisGeometry pixel{1, 1, 1, 0};

  template <class In>
  struct Bind : detail::CorrelationLayer<pixel, pixel, Features<In>::count, Out, has_bias> {
    using Output = Shape<Out>;
    static constexpr const char* name = "linear";
    static constexpr auto parameters = detail::weight_and_bias<has_bias>(
        {"weight", {Out, In::channels}, In::channels}, {"bias", {Out}, In::channels});

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value> values) {
      return graph.linear(x, values);
    }
  };
};

static_assert(Layer<Linear<64>, Shape<256>>);

}  // namespace ebm::inline EBM_ABI
