// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/network_code.hpp>

/// A network as a chain of layers, with shapes worked out at compile time.
namespace ebm::inline EBM_ABI {

/// Layers one behind the other, bound to an input shape.
///
/// `Sequential<Shape<2>, Linear<64>, Swish, Linear<1>>`; the layers need no shapes of their own,
/// and one that doesn't fit is a compile-time error. Activations, and the sums of `Residual`
/// blocks, are fused into the layer before them. An empty type: parameters come from outside.
template <class InputShape, class... Layers>
class Sequential {
  static_assert(sizeof...(Layers) > 0, "Sequential needs at least one layer");
  using Stages = decltype(decltype(detail::append<detail::Root>(
      detail::Program<InputShape, 0, detail::NoStage>{}, detail::Chain<Layers...>{}))::stages());

 public:
  /// The stages that the layers became, and the passes over them; for who runs them elsewhere than
  /// on a tape.
  using Layout = detail::Layout<Stages>;
  using Passes = detail::Passes<Stages>;

 private:
  static constexpr int stages = Layout::stages;
  template <int I>
  using StageAt = typename Layout::template StageAt<I>;

 public:
  using Input = InputShape;
  using Output = typename StageAt<stages - 1>::Output;

  /// Elements of all parameters.
  static constexpr int parameter_count = Layout::template parameter_offset<stages>;

  /// Multiply-adds of one sample's forward pass, those with padding included; an input gradient
  /// makes as many again.
  static constexpr std::int64_t multiply_adds = [] {
    std::int64_t count = 0;
    unroll<stages>([&](auto i) { count += StageAt<i>::Layer::multiply_adds; });
    return count;
  }();

  /// Elements that `freeze` writes.
  static constexpr int frozen_size = Layout::template frozen_offset<stages>;

  /// Packs that `apply` takes from a tape with this choice of `Wrt` for one block.
  template <Wrt W>
  static constexpr int recorded_packs = [] {
    constexpr auto wiring = Layout::wiring;
    int packs = Output::size;
    if (!wants_parameters(W)) {
      for (const int size : Layout::plan.sizes) packs += size;
    }
    for (int i = 0; i < stages; ++i) {
      const int size = wiring.at(i).size;
      if (wants_parameters(W) && i < stages - 1) packs += size;
      if (wants_parameters(W) && wiring.needs_sum(i)) packs += size;
      if (W != Wrt::nothing && wiring.adjoint_holder(i) == i) packs += size;
    }
    if (W != Wrt::nothing) packs += Output::size;  // the adjoint of the output
    return packs;
  }();

  /// Names, shapes and places of the parameters: layers are counted by kind, from 1, in each block.
  static std::vector<ParameterInfo> parameter_infos() {
    return detail::NetworkParameters<Sequential>::infos();
  }

  /// Packs parameters into the layouts that the kernels read.
  ///
  /// parameters: [parameter_count]; frozen: [frozen_size], aligned
  template <class T>
  static void freeze(const T* parameters, T* frozen) noexcept {
    detail::NetworkParameters<Sequential, T>::freeze(parameters, frozen);
  }

  /// Turns what the sweeps have added up into the gradient in the parameters; once, after the last.
  ///
  /// frozen: as `freeze` leaves it; gradient: [parameter_count]
  template <class T>
  static void finish_gradient(const T* parameters, const T* frozen, T* gradient) noexcept {
    detail::NetworkParameters<Sequential, T>::finish_gradient(parameters, frozen, gradient);
  }

  /// The network's output for the block `x`, on the tape of `x`.
  ///
  /// frozen: as `freeze` leaves it; must outlive the recording.
  template <class Tape, bool Active>
  static auto apply(const typename Tape::value_type* frozen, const Var<Tape, Input, Active>& x) {
    using T = typename Tape::value_type;
    using Code = detail::NetworkPasses<Tape::wrt, Active, Sequential, T>;
    constexpr bool differentiable = Active || wants_parameters(Tape::wrt);
    Tape& tape = *x.tape();
    const auto recording = Code::forward(tape, frozen, reinterpret_cast<const T*>(x.data()));
    const auto y = tape.template make_var<Output, differentiable>(
        reinterpret_cast<const Pack<T>*>(recording.value.back()));
    if constexpr (differentiable) {
      tape.on_backward([recording, x, y] {
        Code::backward(*x.tape(), recording, reinterpret_cast<const T*>(y.adjoint_data()),
                       reinterpret_cast<T*>(x.adjoint_data()));
      });
    }
    return y;
  }
};

}  // namespace ebm::inline EBM_ABI
