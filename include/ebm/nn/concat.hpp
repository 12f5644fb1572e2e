// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/expansion.hpp>

namespace ebm::inline EBM_ABI {

namespace detail {

/// The channels of A, then those of B, at each position.
template <class A, class B>
struct ChannelsSideBySide : LayerDefaults {
  static_assert(A::rows == B::rows && A::columns == B::columns,
                "Concat puts the channels of its input beside those of its layers' output, so both "
                "need the same rows and columns; here the shapes are ChannelsSideBySide<..., ...>");
  using Output = std::conditional_t<A::is_flat, Shape<A::channels + B::channels>,
                                    Shape<A::channels + B::channels, A::rows, A::columns>>;
  static constexpr int inputs = 2;

  template <class Number, class Weight, class Epilogue>
  static void forward(const Forward<Number, Weight>& pass, const Epilogue& epilogue) noexcept {
    copy<A, 0>([&](int from, int to) { epilogue(kernels::elements_at(pass.x)[from], to * lanes); });
    copy<B, A::channels>(
        [&](int from, int to) { epilogue(kernels::elements_at(pass.other)[from], to * lanes); });
  }

  template <int Input, class Number, class Weight, class Epilogue>
  static void input_gradient(const Backward<Number, Weight>& pass,
                             const Epilogue& epilogue) noexcept {
    using Part = std::conditional_t<Input == 0, A, B>;
    copy<Part, Input == 0 ? 0 : A::channels>(
        [&](int to, int from) { epilogue(kernels::elements_at(pass.dy)[from], to * lanes); });
  }

  template <class Graph, class Value>
  static Value symbolic(Graph& graph, const Value& a, const Value& b, std::span<const Value>) {
    return graph.concatenate({a, b});
  }

 private:
  /// Calls `f(element of the part, element of the whole)`.
  template <class Part, int First, class F>
  EBM_INLINE static void copy(const F& f) {
    for (int i = 0; i < Part::size; ++i) {
      f(i, i / Part::channels * Output::channels + First + i % Part::channels);
    }
  }
};

}  // namespace detail

/// y = x beside F(x), channel by channel, where F is the chain of `Layers`: the skip connection of
/// a U-Net.
///
/// F keeps the rows and columns, such as one that goes down by a stride and up by
/// `ConvTranspose2d`. Parameters are named concat1.conv1.weight, ...
/// input: Shape<c, rows, columns>; output: Shape<c + channels of F, rows, columns>
/// Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image
/// Segmentation", 2015, figure 1.
template <class... Layers>
struct Concat {
  static_assert(sizeof...(Layers) > 0, "Concat needs at least one layer");
  using IsComposite = void;

  template <class In, class Condition>
  struct Expand {
    using Computed = detail::Chain<In, Condition, Layers...>;
    using Join = detail::ChannelsSideBySide<In, typename Computed::Output>;
    using Output = typename Join::Output;
    using Bounds = decltype(typename Computed::Bounds{} + detail::TypeList<Join>{});
    static constexpr auto nodes = detail::in_scope("concat", true, [] {
      constexpr std::size_t count = Computed::nodes.nodes.size();
      detail::NodesBuilder<count + 1, Computed::nodes.scopes.size()> builder;
      const int computed = builder.add(Computed::nodes, 0);
      return builder.give(builder.add(detail::layer_node<Join>({0, computed})));
    }());
  };
};

}  // namespace ebm::inline EBM_ABI
