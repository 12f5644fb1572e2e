// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/nn/activation.hpp>
#include <ebm/nn/layer.hpp>
#include <string>
#include <tuple>

/// Layers become stages: what a network computes, one behind the other, branches included.
///
/// All of this happens to types: functions here take and return empty objects.
namespace ebm::inline EBM_ABI::detail {

/// The network itself, as the place of a layer.
struct Root {
  static std::string prefix() { return ""; }
};

/// A place inside of a block, such as "residual1.": the names of its parameters begin so.
template <class Outer, class Inner, int Number>
struct Scope {
  static std::string prefix() {
    return Outer::prefix() + Inner::name + (Number > 0 ? std::to_string(Number) : "") + ".";
  }
};

inline constexpr int no_skip = -1;

/// y = activation(layer(value `InputValue`) + value `SkipValue`), all in the layer's epilogue.
///
/// Value 0 is the network's input, value i + 1 the output of stage i.
template <class In, class BoundLayer, class Kernel, int InputValue, int SkipValue, class Place>
struct Stage {
  using Input = In;
  using Layer = BoundLayer;
  using Output = typename BoundLayer::Output;
  using Activation = Kernel;
  using Scope = Place;
  static constexpr int input = InputValue;
  static constexpr int skip = SkipValue;
  static constexpr bool is_linear = std::is_same_v<Kernel, kernels::Identity>;

  template <class Joined>
  using Activated = Stage<In, BoundLayer, Joined, InputValue, SkipValue, Place>;
  template <int Added>
  using Sum = Stage<In, BoundLayer, Kernel, InputValue, Added, Place>;
};

struct NoStage {
  static constexpr bool is_linear = false;
};

/// The stages so far. The next layer reads value `Value`, of shape `S`; sums and activations may
/// still join the stage `OpenStage`, if there is one.
template <class S, int Value, class OpenStage, class... Done>
struct Program {
  using Output = S;
  using Open = OpenStage;
  static constexpr int value = Value;

  template <class Changed>
  using Reopened = Program<S, Value, Changed, Done...>;

  /// Another branch: nothing joins the stages so far, and the next layer reads `NextValue`.
  template <class Next, int NextValue>
  static constexpr auto branch() {
    if constexpr (std::is_same_v<Open, NoStage>) {
      return Program<Next, NextValue, NoStage, Done...>{};
    } else {
      return Program<Next, NextValue, NoStage, Done..., Open>{};
    }
  }

  /// One more stage, open.
  template <class Bound, class Place>
  static constexpr auto then() {
    return decltype(branch<S, Value>())::template open<Bound, Place>();
  }
  template <class Bound, class Place>
  static constexpr auto open() {
    using New = Stage<S, Bound, kernels::Identity, Value, no_skip, Place>;
    return Program<typename Bound::Output, static_cast<int>(sizeof...(Done)) + 1, New, Done...>{};
  }

  static constexpr auto stages() {
    if constexpr (std::is_same_v<Open, NoStage>) {
      return std::tuple<Done...>{};
    } else {
      return std::tuple<Done..., Open>{};
    }
  }
};

/// Layers one behind the other.
template <class... Layers>
struct Chain {};

/// Satisfied by layers that are made of layers, such as `Residual`.
///
/// `L::expand<Place, Number>(program)` returns the program with their stages; `Place` is where the
/// block stands, as the `Number`th of its kind there.
template <class L>
concept Block = requires { typename L::IsBlock; };

/// Joins the stage before, if that has no activation yet, or makes a stage of its own.
template <class Kernel, class Place, class P>
constexpr auto append_activation(P) {
  if constexpr (P::Open::is_linear) {
    return typename P::template Reopened<typename P::Open::template Activated<Kernel>>{};
  } else {
    using Bound = PassThrough::Bind<typename P::Output>;
    return append_activation<Kernel, Place>(P::template then<Bound, Place>());
  }
}

template <class Place, int Blocks = 0, class P>
constexpr auto append(P program, Chain<>) {
  return program;
}

/// The program with the stages of `Next` and `Rest`, before which there were `Blocks` blocks.
template <class Place, int Blocks = 0, class P, class Next, class... Rest>
constexpr auto append(P program, Chain<Next, Rest...>) {
  constexpr Chain<Rest...> rest;
  if constexpr (Block<Next>) {
    return append<Place, Blocks + 1>(Next::template expand<Place, Blocks + 1>(program), rest);
  } else if constexpr (kernels::Activation<Next>) {
    return append<Place, Blocks>(append_activation<Next, Place>(program), rest);
  } else {
    static_assert(Layer<Next, typename P::Output>,
                  "Sequential takes layers and activations; one of its arguments is neither");
    using Bound = typename Next::template Bind<typename P::Output>;
    return append<Place, Blocks>(P::template then<Bound, Place>(), rest);
  }
}

}  // namespace ebm::inline EBM_ABI::detail
