// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/expansion.hpp>
#include <ebm/nn/linear.hpp>

namespace ebm::inline EBM_ABI {

/// Adds a number to each channel, at all positions: a linear map of the network's condition, with
/// parameters of its own.
///
/// y[c] = x[c] + sum over k of w[c][k] condition[k] + b[c]; the sum belongs to the epilogue of the
/// layer before. Parameters are named condition1.linear1.weight, ...
/// input, output: any shape, in a network over `Conditioned`
/// Source: Dumoulin et al., "Feature-wise Transformations", Distill, 2018 (conditional biasing).
struct AddCondition {
  using IsComposite = void;

  template <class In, class Condition>
  struct Expand {
    static_assert(!std::is_void_v<Condition>,
                  "AddCondition adds the condition of the network, which has none: let the input "
                  "of Sequential be Conditioned<Shape<...>, Shape<...>>");
    using Map = typename Linear<In::channels>::template Bind<Condition>;
    using Output = In;
    using Bounds = detail::TypeList<Map, detail::BoundChannelBias<In>>;
    static constexpr auto nodes = detail::in_scope("condition", true, [] {
      detail::NodesBuilder<2, 1> builder;
      const int biases =
          builder.add(detail::layer_node<Map>({detail::condition_input, detail::none}));
      return builder.give(
          builder.add(detail::Node{detail::Node::Kind::bias, {0, biases}, In::size}));
    }());
  };
};

}  // namespace ebm::inline EBM_ABI
