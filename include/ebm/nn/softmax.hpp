// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/layer.hpp>

namespace ebm::inline EBM_ABI {

/// y_c = e^(x_c) / sum over k of e^(x_k), over the channels at each position; of flat shapes over
/// all features.
///
/// input, output: any shape
/// Source: Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs",
/// 1990; `torch.nn.Softmax(dim=1)`.
struct Softmax {
  template <class In>
  struct Bind : LayerDefaults {
    using Output = In;
    static constexpr int saved_size = In::size;  // y

    template <class Number, class Weight, class Epilogue>
    static void forward(const Forward<Number, Weight>& pass, const Epilogue& epilogue) noexcept {
      using P = PackOf<Number>;
      using T = RealOf<Number>;
      const auto x = kernels::elements_at(pass.x);
      for (int first = 0; first < In::size; first += In::channels) {
        P largest = x[first], total(T(0));
        for (int c = 1; c < In::channels; ++c) largest = max(largest, x[first + c]);
        for (int c = 0; c < In::channels; ++c) {
          const P power = exp(x[first + c] - largest);
          total += power;
          store_to(pass.saved + (first + c) * lanes, power);
        }
        for (int i = first; i < first + In::channels; ++i) {
          const P y = load_from<P>(pass.saved + i * lanes) / total;
          store_to(pass.saved + i * lanes, y);
          epilogue(y, i * lanes);
        }
      }
    }

    /// dx = y (dy - sum over channels of y dy).
    template <class Number, class Weight, class Epilogue>
    static void input_gradient(const Backward<Number, Weight>& pass,
                               const Epilogue& epilogue) noexcept {
      using P = PackOf<Number>;
      const auto dy = kernels::elements_at(pass.dy);
      const auto y = kernels::elements_at(pass.saved);
      for (int first = 0; first < In::size; first += In::channels) {
        P along(RealOf<Number>(0));
        for (int i = first; i < first + In::channels; ++i) along = fma(y[i], dy[i], along);
        for (int i = first; i < first + In::channels; ++i) {
          epilogue(y[i] * (dy[i] - along), i * lanes);
        }
      }
    }

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value>) {
      return graph.softmax(x, 1);
    }
  };
};

static_assert(Layer<Softmax, Shape<10>>);

}  // namespace ebm::inline EBM_ABI
