// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/nn/expansion.hpp>

namespace ebm::inline EBM_ABI {

namespace detail {

/// What a residual block adds up.
template <class Skipped, class Computed>
struct Branches {
  static_assert(std::same_as<Skipped, Computed>,
                "Residual adds its input to the output of its layers, so both need one shape; here "
                "they are the two of Branches<..., ...>: start the block with a Shortcut<...> that "
                "changes the shape the same way");
  using Sum = Computed;
};

/// Nodes whose result is `layers` of the input, plus `shortcut` of it.
template <std::size_t N1, std::size_t M1, std::size_t N2, std::size_t M2>
constexpr auto summed(const Nodes<N1, M1>& shortcut, const Nodes<N2, M2>& layers, int size) {
  NodesBuilder<N1 + N2 + 1, M1 + M2 - 1> builder;
  const int skipped = builder.add(shortcut, 0);
  const int computed = builder.add(layers, 0);
  return builder.give(builder.add(Node{Node::Kind::sum, {computed, skipped}, size}));
}

}  // namespace detail

/// The way round the layers of a `Residual` that change the shape; it stands first in the block.
///
/// PyTorch's ResNets call it downsample. Parameters are named shortcut.conv1.weight, ...
template <class... Layers>
struct Shortcut {
  static_assert(sizeof...(Layers) > 0,
                "Shortcut needs at least one layer; without a Shortcut the input itself is added");
  using IsComposite = void;

  template <class In, class Condition>
  struct Expand {
    static_assert(sizeof(In) == 0, "Shortcut stands first in a Residual, and nowhere else");
  };
};

/// A residual block: y = x + F(x), where F is the chain of `Layers`.
///
/// With a shortcut S, `Residual<Shortcut<Conv2d<32, Kernel<1>>>, Layers...>`, y = S(x) + F(x).
/// Both branches must give one shape; activations may follow, and blocks may stand in blocks.
/// Nothing is copied for the sum: it belongs to the epilogue of F's last layer, as an activation
/// after the block does. Parameters are named residual1.conv1.weight, ...
/// Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2016, eq. 1 and 2.
template <class... Layers>
struct Residual {
  static_assert(sizeof...(Layers) > 0, "Residual needs at least one layer besides its Shortcut");
  using IsComposite = void;

  template <class In, class Condition>
  struct Expand {
    using Computed = detail::Chain<In, Condition, Layers...>;
    using Output = typename detail::Branches<In, typename Computed::Output>::Sum;
    using Bounds =
        decltype(typename Computed::Bounds{} + detail::TypeList<detail::BoundSum<Output>>{});
    static constexpr auto nodes = detail::in_scope(
        "residual", true, detail::summed(detail::Nodes<0>(), Computed::nodes, Output::size));
  };
};

/// A residual block with a shortcut: y = S(x) + F(x), where S is the chain of `Around`.
template <class... Around, class... Layers>
struct Residual<Shortcut<Around...>, Layers...> {
  static_assert(sizeof...(Layers) > 0, "Residual needs at least one layer besides its Shortcut");
  using IsComposite = void;

  template <class In, class Condition>
  struct Expand {
    using Skipped = detail::Chain<In, Condition, Around...>;
    using Computed = detail::Chain<In, Condition, Layers...>;
    using Output =
        typename detail::Branches<typename Skipped::Output, typename Computed::Output>::Sum;
    using Bounds = decltype(typename Skipped::Bounds{} + typename Computed::Bounds{} +
                            detail::TypeList<detail::BoundSum<Output>>{});
    static constexpr auto nodes =
        detail::in_scope("residual", true,
                         detail::summed(detail::in_scope("shortcut", false, Skipped::nodes),
                                        Computed::nodes, Output::size));
  };
};

}  // namespace ebm::inline EBM_ABI
