// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/correlation_layer.hpp>
#include <ebm/nn/layer.hpp>

namespace ebm::inline EBM_ABI {

/// An affine map of flat features: y = W x + b.
///
/// input: Shape<in>; output: Shape<Out>; weight: [out][in]
template <int Out>
struct Linear {
  static_assert(Out >= 1, "Linear has at least one output");

  template <class In>
  struct Features {
    static_assert(In::is_flat,
                  "Linear expects a flat input, Shape<features>; got Shape<channels, rows, "
                  "columns>: put Flatten before it");
    static constexpr int count = In::channels;
  };

  static constexpr detail::AxisGeometry pixel{1, 1, 1, 0};

  template <class In>
  struct Bind : detail::CorrelationLayer<pixel, pixel, Features<In>::count, Out> {
    using Output = Shape<Out>;
    static constexpr const char* name = "linear";
    static constexpr std::array parameters{
        LayerParameter{"weight", {Out, In::channels}, In::channels},
        LayerParameter{"bias", {Out}, In::channels}};
  };
};

static_assert(Layer<Linear<64>, Shape<256>>);

}  // namespace ebm::inline EBM_ABI
