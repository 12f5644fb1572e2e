// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/aligned.hpp>
#include <ebm/nn/network_code.hpp>

namespace ebm::inline EBM_ABI {

/// The weights of a network as its passes read them, in a precision: made of its parameters.
///
/// Network: a `Sequential`; P: a `Precision`
template <class Network, Precision P>
class Frozen {
  using Number = typename P::value_type;
  using Code = detail::NetworkParameters<Network, Number, P>;

 public:
  using Weights = detail::FrozenWeights<typename Network::Layout, P>;

  /// Elements of `P::weight_type`.
  static constexpr int size = Weights::size;

  Frozen() : weights_(static_cast<std::size_t>(size)) {}
  explicit Frozen(const Number* parameters) : Frozen() { freeze(parameters); }

  /// parameters: [Network::parameter_count]
  void freeze(const Number* parameters) noexcept { Code::freeze(parameters, weights_.data()); }

  /// Turns what the sweeps have added up into the gradient in the parameters; once, after the last.
  ///
  /// parameters: those that were frozen; gradient: [Network::parameter_count]
  void finish_gradient(const Number* parameters, Number* gradient) const noexcept {
    Code::finish_gradient(parameters, weights_.data(), gradient);
  }

  /// What `Network::apply` takes; for as long as this lives.
  [[nodiscard]] Weights weights() const noexcept { return Weights(weights_.data()); }

 private:
  AlignedVector<typename P::weight_type> weights_;
};

}  // namespace ebm::inline EBM_ABI
