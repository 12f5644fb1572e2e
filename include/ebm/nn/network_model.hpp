// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/frozen.hpp>
#include <ebm/nn/precision.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/symbolic.hpp>
#include <span>
#include <vector>

namespace ebm::inline EBM_ABI {

/// A network f with parameters of its own: what energies and classifiers are made of.
///
/// Owns the parameters (PyTorch's layout) and their frozen form, which the kernels read.
///
/// Numbers: float, double, or a `Precision`, of which these two name `Single` and `Double`
template <class Network, class Numbers = float>
class NetworkModel {
  using P = PrecisionOf<Numbers>;
  using T = typename P::value_type;

 public:
  using network_type = Network;
  using precision_type = P;
  using value_type = T;

  /// Parameters drawn by `init` from the streams of `rng`.
  template <class Init = KaimingUniform>
  explicit NetworkModel(Rng rng = {}, const Init& init = {})
      : parameters_(static_cast<std::size_t>(Network::parameter_count)) {
    const auto infos = parameter_infos();
    change_parameters([&](std::span<T> parameters) {
      init(std::span<const ParameterInfo>(infos), rng, parameters);
    });
  }

  // As `TrainableEnergy`.
  [[nodiscard]] std::span<const T> parameters() const noexcept { return parameters_; }
  [[nodiscard]] static std::vector<ParameterInfo> parameter_infos() {
    return Network::parameter_infos();
  }
  /// Parameters that `change` leaves by an exception count as they are.
  template <class Change>
  void change_parameters(const Change& change) {
    struct Freeze {
      NetworkModel& model;
      ~Freeze() { model.frozen_.freeze(model.parameters_.data()); }
    };
    const Freeze at_the_end{*this};
    change(std::span<T>(parameters_));
  }
  void finish_gradient(std::span<T> gradient) const noexcept {
    frozen_.finish_gradient(parameters_.data(), gradient.data());
  }

  /// f(x), a variable of shape `Network::Output`.
  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, T>
  auto apply(const Var<Tape, typename Network::Input, Active>& x) const {
    return Network::apply(frozen_.weights(), x);
  }

  /// f(x) as operations on whole tensors; see `io::write_onnx`.
  ///
  /// condition: of networks over `Conditioned`
  template <class Graph, class Value>
  Value network(Graph& graph, const Value& x, const Value& condition = {}) const {
    return detail::symbolic_network<Network>(graph, parameters(), x, condition);
  }

 private:
  std::vector<T> parameters_;
  Frozen<Network, P> frozen_;
};

}  // namespace ebm::inline EBM_ABI
