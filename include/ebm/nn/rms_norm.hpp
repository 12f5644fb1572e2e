// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/layer.hpp>
#include <ratio>

namespace ebm::inline EBM_ABI {

/// Divides all features of a sample by their root mean square, with a scale an element.
///
/// y = w x / rms(x), rms(x) = sqrt(mean of x^2 + epsilon): `LayerNorm` without mean and shift.
/// input, output: any shape; epsilon: a `std::ratio`
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, eq. 4;
/// `torch.nn.RMSNorm` over all dimensions of a sample.
template <class Epsilon = std::ratio<1, 100000>>
struct RmsNorm {
  template <class In>
  struct Bind : LayerDefaults {
    using Output = In;
    static constexpr const char* name = "norm";
    static constexpr std::array parameters{LayerParameter{"weight", In::extents, Initial::ones}};
    static constexpr int frozen_size = padded_to_packs(In::size);
    static constexpr int saved_size = 1;  // 1 / rms
    static constexpr bool needs_input = true;

    template <class T>
    static void freeze(const T* weight, T* frozen) noexcept {
      for (int i = 0; i < In::size; ++i) frozen[i] = weight[In::feature(i)];
    }

    template <class Number, class Epilogue>
    static void forward(const Forward<Number>& pass, const Epilogue& epilogue) noexcept {
      using P = PackOf<Number>;
      using T = RealOf<Number>;
      constexpr T epsilon = static_cast<T>(static_cast<double>(Epsilon::num) / Epsilon::den);
      const auto x = kernels::elements_at(pass.x);
      P squares(T(0));
      for (int i = 0; i < In::size; ++i) squares = fma(P(x[i]), P(x[i]), squares);
      const P inverse = P(T(1)) / sqrt(fma(squares, P(share<T>), P(epsilon)));
      store_to(pass.saved, inverse);
      for (int i = 0; i < In::size; ++i) {
        epilogue(P(pass.frozen[i]) * (x[i] * inverse), i * lanes);
      }
    }

    /// dx = (g - n mean(g n)) / rms with g = w dy and n = x / rms.
    template <class Number, class Epilogue>
    static void input_gradient(const Backward<Number>& pass, const Epilogue& epilogue) noexcept {
      using P = PackOf<Number>;
      using T = RealOf<Number>;
      const auto x = kernels::elements_at(pass.x), dy = kernels::elements_at(pass.dy);
      const P inverse = load_from<P>(pass.saved);
      P along(T(0));
      for (int i = 0; i < In::size; ++i) {
        along = fma(P(pass.frozen[i]) * dy[i], x[i] * inverse, along);
      }
      const P mean_along = along * P(share<T>);
      for (int i = 0; i < In::size; ++i) {
        epilogue((P(pass.frozen[i]) * dy[i] - x[i] * inverse * mean_along) * inverse, i * lanes);
      }
    }

    template <class Number>
    static void parameter_gradient(const Backward<Number>& pass,
                                   RealOf<Number>* gradient) noexcept {
      const auto x = kernels::elements_at(pass.x), dy = kernels::elements_at(pass.dy);
      const auto inverse = load_from<PackOf<Number>>(pass.saved);
      for (int i = 0; i < In::size; ++i) {
        gradient[In::feature(i)] += sum_for_gradient(dy[i] * (x[i] * inverse));
      }
    }

    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x, std::span<const Value> values) {
      const auto flat = graph.reshape(x, {graph.samples(x), In::size});
      const auto epsilon = graph.number(static_cast<double>(Epsilon::num) / Epsilon::den);
      const auto squares = graph.add(graph.mean(graph.multiply(flat, flat), {1}), epsilon);
      const auto normal = graph.multiply(flat, graph.inverse_root(squares));
      return graph.multiply(graph.reshape(normal, graph.shape(x)), values[0]);
    }

   private:
    template <class T>
    static constexpr T share = T(1) / static_cast<T>(In::size);
  };
};

static_assert(Layer<RmsNorm<>, Shape<16, 7, 7>>);

}  // namespace ebm::inline EBM_ABI
