// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/graph.hpp>
#include <ebm/nn/layer.hpp>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <utility>

/// What layers, activations and blocks of them become once the shape before them is known: bound
/// layers, one a node, and the nodes as data.
namespace ebm::inline EBM_ABI::detail {

template <class... Types>
struct TypeList {};
template <class... A, class... B>
constexpr TypeList<A..., B...> operator+(TypeList<A...>, TypeList<B...>) {
  return {};
}

/// An activation as a node.
template <class Kernel, class In>
struct BoundActivation : PassThrough::Bind<In> {
  using Activation = Kernel;
};

/// A sum as a node, and one of a number a channel.
template <class In>
struct BoundSum : PassThrough::Bind<In> {};
template <class In>
struct BoundChannelBias : PassThrough::Bind<In> {
  static constexpr int channels = In::channels;
};

/// A bound layer as a node.
template <class Bound>
constexpr Node layer_node(const std::array<int, 2>& inputs) {
  return {Node::Kind::layer, inputs, Bound::Output::size, Bound::needs_input};
}

/// Satisfied by layers that are made of layers, such as `Residual`.
///
/// `L::Expand<In, Condition>` has what an `Expansion` has.
template <class L>
concept CompositeLayer = requires { typename L::IsComposite; };

/// A layer after a value of shape `In`, in a network whose condition has the shape `Condition`.
template <class L, class In, class Condition>
struct Expansion {
  static_assert(Layer<L, In>,
                "Sequential takes layers and activations; one of its arguments is neither, or its "
                "Bind<Shape> lacks something that BoundLayer asks for");
  using Bound = typename L::template Bind<In>;
  using Output = typename Bound::Output;
  using Bounds = TypeList<Bound>;
  static constexpr Nodes<1> nodes{layer_node<Bound>({0, none})};
};

template <kernels::Activation Kernel, class In, class Condition>
struct Expansion<Kernel, In, Condition> {
  using Output = In;
  using Bounds = TypeList<BoundActivation<Kernel, In>>;
  static constexpr Nodes<1> nodes{Node{Node::Kind::activation, {0, none}, In::size}};
};

template <CompositeLayer L, class In, class Condition>
struct Expansion<L, In, Condition> : L::template Expand<In, Condition> {};

/// The expansions of layers one after the other, of which `Done` are there already.
template <class Done, class In, class Condition, class... Layers>
struct Expansions;

template <class... Done, class In, class Condition, class Next, class... Rest>
struct Expansions<TypeList<Done...>, In, Condition, Next, Rest...>
    : Expansions<TypeList<Done..., Expansion<Next, In, Condition>>,
                 typename Expansion<Next, In, Condition>::Output, Condition, Rest...> {};

template <class... Done, class In, class Condition>
struct Expansions<TypeList<Done...>, In, Condition> {
  using Output = In;
  using Bounds = decltype((TypeList<>{} + ... + typename Done::Bounds{}));
  static constexpr auto nodes = chained(Done::nodes...);
};

/// Layers one after the other.
template <class In, class Condition, class... Layers>
using Chain = Expansions<TypeList<>, In, Condition, Layers...>;

/// What comes before each of `Count` stages, and after the last, if a stage has as much as `sizes`
/// says.
template <int Count>
constexpr auto sums_before(const std::array<int, std::size_t{Count} + 1>& sizes) {
  auto sums = sizes;
  std::exclusive_scan(sizes.begin(), sizes.end(), sums.begin(), 0);
  return sums;
}

/// The stages of a network over inputs of shape `In`, and where each finds its parameters.
template <class In, class Expanded>
class Layout {
  template <class... Bound>
  static std::tuple<Bound...> tuple_of(TypeList<Bound...>);
  using Bounds = decltype(tuple_of(typename Expanded::Bounds{}));
  static constexpr auto fused = fuse(Expanded::nodes.nodes);

  template <int Node>
  static constexpr auto activation() {
    if constexpr (Node == none) {
      return std::type_identity<kernels::Identity>{};
    } else {
      using Bound = std::tuple_element_t<static_cast<std::size_t>(Node), Bounds>;
      return std::type_identity<typename Bound::Activation>{};
    }
  }

 public:
  static constexpr int input_size = In::size;
  static constexpr int stages = fused.count;
  static constexpr Graph<std::size_t{stages}> graph{fused};
  static constexpr auto scopes = Expanded::nodes.scopes;

  /// The layer and the activation of stage `I`.
  template <int I>
  using LayerAt = std::tuple_element_t<static_cast<std::size_t>(graph.at(I).layer), Bounds>;
  template <int I>
  using ActivationAt = typename decltype(activation<graph.at(I).activation>())::type;
  /// The channels of the biases that stage `I` adds.
  template <int I>
  static constexpr int bias_channels =
      std::tuple_element_t<static_cast<std::size_t>(graph.at(I).bias_node), Bounds>::channels;
  /// The block that stage `I` stands in, a place in `scopes`.
  template <int I>
  static constexpr int scope_at =
      Expanded::nodes.nodes[static_cast<std::size_t>(graph.at(I).layer)].scope;

 private:
  static constexpr auto parameter_offsets = []<int... I>(std::integer_sequence<int, I...>) {
    return sums_before<stages>({layer_parameters<LayerAt<I>>..., 0});
  }(std::make_integer_sequence<int, stages>{});

 public:
  /// Elements of the parameters of all stages before stage `I`.
  template <int I>
  static constexpr int parameter_offset = parameter_offsets[I];
};

}  // namespace ebm::inline EBM_ABI::detail
