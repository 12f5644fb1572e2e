// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/graph.hpp>
#include <ebm/nn/layer.hpp>
#include <span>
#include <vector>

namespace ebm::inline EBM_ABI::detail {

template <class Bound, class Graph, class Value>
concept SymbolicLayer =
    (Bound::inputs == 1 && requires(Graph& graph, const Value& x, std::span<const Value> p) {
      Bound::symbolic(graph, x, p);
    }) || (Bound::inputs == 2 && requires(Graph& graph, const Value& x, std::span<const Value> p) {
      Bound::symbolic(graph, x, x, p);
    });

/// What a network gives, as operations on whole tensors that are added to `graph`: each layer says
/// what it is by its `symbolic`.
///
/// parameters: [Network::parameter_count]; x, condition: tensors of as many samples, or of one
template <class Network, class T, class Graph, class Value>
Value symbolic_network(Graph& graph, std::span<const T> parameters, const Value& x,
                       const Value& condition) {
  using Layout = typename Network::Layout;
  const auto infos = Network::parameter_infos();
  std::vector<Value> values{x};  // as `Stage` numbers them
  values.resize(std::size_t{Layout::stages} + 1);
  values.push_back(condition);
  unroll<Layout::stages>([&](auto i) {
    using Layer = typename Layout::template LayerAt<i>;
    static_assert(SymbolicLayer<Layer, Graph, Value>,
                  "this layer can't be written to other programs' files: it lacks "
                  "symbolic(graph, x, parameters), see BoundLayer");
    constexpr Stage stage = Layout::graph.at(i);
    std::vector<Value> own;
    constexpr int first = Layout::template parameter_offset<i>;
    for (const ParameterInfo& info : infos) {
      if (info.offset < first || info.offset >= first + layer_parameters<Layer>) continue;
      own.push_back(graph.parameter(info.name, {info.shape.begin(), info.shape.end()},
                                    parameters.subspan(static_cast<std::size_t>(info.offset),
                                                       static_cast<std::size_t>(info.size))));
    }
    const auto value = [&](int place) { return values[static_cast<std::size_t>(place)]; };
    const std::span<const Value> p(own);
    Value y;
    if constexpr (Layer::inputs == 1) {
      y = Layer::symbolic(graph, value(stage.inputs[0]), p);
    } else {
      y = Layer::symbolic(graph, value(stage.inputs[0]), value(stage.inputs[1]), p);
    }
    if constexpr (stage.bias != none) y = graph.add(y, graph.per_channel(value(stage.bias), y));
    if constexpr (stage.added != none) y = graph.add(y, value(stage.added));
    if constexpr (stage.activation != none) {
      y = graph.template activation<typename Layout::template ActivationAt<i>>(y);
    }
    values[std::size_t{i} + 1] = y;
  });
  return values[std::size_t{Layout::stages}];
}

}  // namespace ebm::inline EBM_ABI::detail
