// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/layer.hpp>

namespace ebm::inline EBM_ABI::detail {

/// A layer without parameters that computes each element by itself, linearly.
///
/// `Rule::output(x, i)` is element i of the output, `Rule::gradient(dy, i)` element i of the input
/// gradient; both read `kernels::Elements`, or `kernels::DualElements`. `Rule::symbolic(graph, x)`
/// is the whole.
template <class Rule, class In, class Out>
struct ElementLayer : LayerDefaults {
  using ElementRule = Rule;
  using Input = In;
  using Output = Out;

  template <class Number, class Weight, class Epilogue>
  static void forward(const Forward<Number, Weight>& pass, const Epilogue& epilogue) noexcept {
    const auto x = kernels::elements_at(pass.x);
    for (int i = 0; i < Out::size; ++i) epilogue(Rule::output(x, i), i * lanes);
  }
  template <class Number, class Weight, class Epilogue>
  static void input_gradient(const Backward<Number, Weight>& pass,
                             const Epilogue& epilogue) noexcept {
    const auto dy = kernels::elements_at(pass.dy);
    for (int i = 0; i < In::size; ++i) epilogue(Rule::gradient(dy, i), i * lanes);
  }

  template <class Graph, class Value>
  static Value symbolic(Graph& graph, const Value& x, std::span<const Value>) {
    return Rule::symbolic(graph, x);
  }
};

}  // namespace ebm::inline EBM_ABI::detail

namespace ebm::inline EBM_ABI {

/// Turns images into flat features in PyTorch's order: channel, row, column.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels * rows * columns>
struct Flatten {
  template <class In>
  struct Permutation {
    template <class Elements>
    static EBM_INLINE auto output(const Elements& x, int flat) noexcept {
      return x[In::element(flat)];
    }
    template <class Elements>
    static EBM_INLINE auto gradient(const Elements& dy, int image) noexcept {
      return dy[In::feature(image)];
    }
    template <class Graph, class Value>
    static Value symbolic(Graph& graph, const Value& x) {
      return graph.reshape(x, {graph.samples(x), In::size});
    }
  };

  template <class In>
  struct Bind : detail::ElementLayer<Permutation<In>, In, Shape<In::size>> {};
};

static_assert(Layer<Flatten, Shape<64, 2, 2>>);

namespace detail {

/// Hands a block on element by element: what an activation or a sum is fused into if there is no
/// layer to take it.
struct PassThrough {
  template <class Elements>
  static EBM_INLINE auto output(const Elements& x, int i) noexcept {
    return x[i];
  }
  template <class Elements>
  static EBM_INLINE auto gradient(const Elements& dy, int i) noexcept {
    return dy[i];
  }
  template <class Graph, class Value>
  static Value symbolic(Graph&, const Value& x) {
    return x;
  }

  template <class In>
  struct Bind : ElementLayer<PassThrough, In, In> {};
};

}  // namespace detail

// Element-wise layers for any shape; see kernels/activation.hpp.
using kernels::Elu;
using kernels::Gelu;
using kernels::LeakyRelu;
using kernels::Relu;
using kernels::Softplus;
using kernels::Swish;
using kernels::Tanh;

}  // namespace ebm::inline EBM_ABI
