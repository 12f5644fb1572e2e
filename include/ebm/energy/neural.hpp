// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/operations.hpp>
#include <ebm/core/aligned.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/nn/parameters.hpp>
#include <ebm/nn/sequential.hpp>

namespace ebm::inline EBM_ABI {

/// The energy E(x) = -f(x) of a network f with one output.
///
/// The sign, once and for all: the network's output is a score, high where x is likely, as in Du &
/// Mordatch 2019 and the UvA deep learning course's Tutorial 8; the energy is its negative.
/// Owns the parameters (PyTorch's layout) and their frozen form, which the kernels read.
template <class Network, class T = float>
class Neural {
  static_assert(std::same_as<typename Network::Output, Scalar>,
                "the network of an energy ends in one number a sample, Shape<1>: let its last "
                "layer be Linear<1>");

 public:
  using network_type = Network;
  using Input = typename Network::Input;
  using value_type = T;

  /// Parameters drawn by `init` from the streams of `rng`.
  template <class Init = KaimingUniform>
  explicit Neural(Rng rng = {}, const Init& init = {})
      : parameters_(static_cast<std::size_t>(Network::parameter_count)),
        frozen_(static_cast<std::size_t>(Network::frozen_size)) {
    const auto infos = parameter_infos();
    change_parameters([&](std::span<T> parameters) {
      init(std::span<const ParameterInfo>(infos), rng, parameters);
    });
  }

  [[nodiscard]] std::span<const T> parameters() const noexcept { return parameters_; }
  [[nodiscard]] static std::vector<ParameterInfo> parameter_infos() {
    return Network::parameter_infos();
  }

  /// See `TrainableEnergy`. Parameters that `change` leaves by an exception count as they are.
  template <class Change>
  void change_parameters(const Change& change) {
    struct Freeze {
      Neural& model;
      ~Freeze() { Network::freeze(model.parameters_.data(), model.frozen_.data()); }
    };
    const Freeze at_the_end{*this};
    change(std::span<T>(parameters_));
  }

  /// See `TrainableEnergy`.
  void finish_gradient(std::span<T> gradient) const noexcept {
    Network::finish_gradient(parameters_.data(), frozen_.data(), gradient.data());
  }

  /// E(x) for each lane.
  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, T>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return -Network::apply(frozen_.data(), x);
  }

 private:
  std::vector<T> parameters_;
  AlignedVector<T> frozen_;
};

}  // namespace ebm::inline EBM_ABI
