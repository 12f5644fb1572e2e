// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/stage.hpp>

namespace ebm::inline EBM_ABI {

namespace detail {

/// What a residual block adds up.
template <class Skipped, class Computed>
struct Branches {
  static_assert(std::same_as<Skipped, Computed>,
                "Residual adds what goes round its layers to what its layers give, and both sides, "
                "the two shapes of Branches<..., ...>, must be one shape: where the layers change "
                "it, put a Shortcut<...> that does the same first");
  using Sum = Computed;
};

/// Appends F(x) + value `Skip` of shape `Skipped`, where x is what the next layer reads.
template <class Place, int Skip, class Skipped, class P, class... Layers>
constexpr auto append_sum(P program, Chain<Layers...> layers) {
  static_assert(sizeof...(Layers) > 0, "Residual needs at least one layer besides its Shortcut");
  using End = decltype(append<Place>(program, layers));
  using Sum = typename Branches<Skipped, typename End::Output>::Sum;
  if constexpr (End::Open::is_linear && End::Open::skip == no_skip) {
    return typename End::template Reopened<typename End::Open::template Sum<Skip>>{};
  } else {
    using Added = decltype(End::template then<PassThrough::Bind<Sum>, Place>());
    return typename Added::template Reopened<typename Added::Open::template Sum<Skip>>{};
  }
}

}  // namespace detail

/// The way round the layers of a `Residual` that change the shape; it stands first in the block.
///
/// PyTorch's ResNets call it downsample. Parameters are named shortcut.conv1.weight, ...
template <class... Layers>
struct Shortcut {
  static_assert(sizeof...(Layers) > 0,
                "Shortcut needs at least one layer; without a Shortcut the input itself is added");
  using IsBlock = void;
  static constexpr const char* name = "shortcut";

  template <class Place, int, class P>
  static constexpr auto expand(P program) {
    static_assert(sizeof(P) == 0, "Shortcut stands first in a Residual, and nowhere else");
    return program;
  }
};

/// A residual block: y = x + F(x), where F is the chain of `Layers`.
///
/// With a shortcut S, `Residual<Shortcut<Conv2d<32, Kernel<1>>>, Layers...>`, y = S(x) + F(x).
/// Both branches must give one shape; activations may follow, and blocks may stand in blocks.
/// Nothing is copied for the sum: it belongs to the epilogue of F's last layer, as an activation
/// behind the block does. Parameters are named residual1.conv1.weight, ...
/// Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2016, eq. 1 and 2.
template <class... Layers>
struct Residual {
  using IsBlock = void;
  static constexpr const char* name = "residual";

  template <class Place, int Number, class P>
  static constexpr auto expand(P) {
    using X = typename P::Output;
    return detail::append_sum<detail::Scope<Place, Residual, Number>, P::value, X>(
        P::template branch<X, P::value>(), detail::Chain<Layers...>{});
  }
};

template <class... Around, class... Layers>
struct Residual<Shortcut<Around...>, Layers...> {
  using IsBlock = void;
  static constexpr const char* name = "residual";

  template <class Place, int Number, class P>
  static constexpr auto expand(P) {
    using Here = detail::Scope<Place, Residual, Number>;
    using X = typename P::Output;
    using S = decltype(detail::append<detail::Scope<Here, Shortcut<Around...>, 0>>(
        P::template branch<X, P::value>(), detail::Chain<Around...>{}));
    return detail::append_sum<Here, S::value, typename S::Output>(S::template branch<X, P::value>(),
                                                                  detail::Chain<Layers...>{});
  }
};

}  // namespace ebm::inline EBM_ABI
