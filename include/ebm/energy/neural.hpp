// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/nn/network_model.hpp>

namespace ebm::inline EBM_ABI {

/// The energy E(x) = -f(x) of a network f with one output.
///
/// The sign, once and for all: the network's output is a score, high where x is likely, as in Du &
/// Mordatch 2019 and the UvA deep learning course's Tutorial 8; the energy is its negative.
///
/// Numbers: float, double, or a `Precision`, of which these two name `Single` and `Double`
template <class Network, class Numbers = float>
class Neural : public NetworkModel<Network, Numbers> {
  static_assert(std::same_as<typename Network::Output, Scalar>,
                "the network of an energy ends in one number a sample, Shape<1>: let its last "
                "layer be Linear<1>");

 public:
  using Input = typename Network::Input;

  using NetworkModel<Network, Numbers>::NetworkModel;

  /// E(x) for each lane.
  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, typename Neural::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return -this->apply(x);
  }

  /// E(x), [sample], as operations on whole tensors; see `io::write_onnx`.
  template <class Graph, class Value>
    requires(Input::condition_size == 0)
  Value symbolic(Graph& graph, const Value& x) const {
    return graph.negate(graph.reshape(this->network(graph, x), {graph.samples(x)}));
  }
};

}  // namespace ebm::inline EBM_ABI
