// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/parameters.hpp>
#include <ebm/nn/passes.hpp>
#include <vector>

/// What of a network takes compilers long, and how it is compiled once for a whole program.
namespace ebm::inline EBM_ABI::detail {

/// What concerns the parameters of a network, all blocks of samples apart.
template <class Network, class T = float>
struct NetworkParameters {
  using Layout = typename Network::Layout;

  static std::vector<ParameterInfo> infos();
  static void freeze(const T* parameters, T* frozen) noexcept;
  static void finish_gradient(const T* parameters, const T* frozen, T* gradient) noexcept;
};

/// The passes over a network on tapes with this choice of `Wrt`, by inputs that have an adjoint or
/// not. See `Passes`.
template <Wrt W, bool Active, class Network, class T = float>
struct NetworkPasses {
  using Passes = typename Network::Passes;
  using Recording = typename Passes::template Recording<T>;

  static Recording forward(Tape<T, W>& tape, const T* frozen, const T* x);
  static void backward(Tape<T, W>& tape, const Recording& recording, const T* dy, T* dx);
};

// Defined outside of the classes: what is defined inside is inline, and would be compiled anew
// wherever it is used, whatever `EBM_EXTERN_NETWORK` says.

template <class Network, class T>
std::vector<ParameterInfo> NetworkParameters<Network, T>::infos() {
  std::vector<ParameterInfo> infos;
  unroll<Layout::stages>([&](auto i) {
    using Stage = typename Layout::template StageAt<i>;
    using L = typename Stage::Layer;
    if constexpr (L::weight_count > 0) {
      add_layer(infos, Stage::Scope::prefix() + L::name, L::weight_shape, L::weight_count,
                L::bias_count, Layout::template parameter_offset<i>, L::fan_in);
    }
  });
  return infos;
}

template <class Network, class T>
void NetworkParameters<Network, T>::freeze(const T* parameters, T* frozen) noexcept {
  unroll<Layout::stages>([&](auto i) {
    using L = typename Layout::template StageAt<i>::Layer;
    L::freeze(parameters + Layout::template parameter_offset<i>,
              frozen + Layout::template frozen_offset<i>);
  });
}

template <class Network, class T>
void NetworkParameters<Network, T>::finish_gradient(const T* parameters, const T* frozen,
                                                    T* gradient) noexcept {
  unroll<Layout::stages>([&](auto i) {
    constexpr int offset = Layout::template parameter_offset<i>;
    Layout::template StageAt<i>::Layer::finish_gradient(
        parameters + offset, frozen + Layout::template frozen_offset<i>, gradient + offset);
  });
}

template <Wrt W, bool Active, class Network, class T>
auto NetworkPasses<W, Active, Network, T>::forward(Tape<T, W>& tape, const T* frozen, const T* x)
    -> Recording {
  return Passes::forward(OnTape<Tape<T, W>, Active>{tape}, frozen, x);
}

template <Wrt W, bool Active, class Network, class T>
void NetworkPasses<W, Active, Network, T>::backward(Tape<T, W>& tape, const Recording& recording,
                                                    const T* dy, T* dx) {
  if constexpr (W != Wrt::nothing) {
    Passes::backward(OnTape<Tape<T, W>, Active>{tape}, recording, dy, dx);
  }
}

}  // namespace ebm::inline EBM_ABI::detail

/// `EBM_EXTERN_NETWORK(Network)` keeps the code of a network out of a source file.
/// `EBM_INSTANTIATE_NETWORK(Network)`, in exactly one source of the program, compiles it there.
///
/// The first stands in the header that names the network, after it, the second in a source that
/// includes the header; both outside of all namespaces. Values are float, unless another type
/// follows: `EBM_EXTERN_NETWORK(Network, double)`. Without these macros everything works, and each
/// source that uses the network compiles it.
#define EBM_EXTERN_NETWORK(...) EBM_NETWORK_CODE_(extern template, __VA_ARGS__)
#define EBM_INSTANTIATE_NETWORK(...) EBM_NETWORK_CODE_(template, __VA_ARGS__)

#define EBM_NETWORK_CODE_(instantiate, ...)                                                \
  instantiate struct ebm::detail::NetworkParameters<__VA_ARGS__>;                          \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::nothing, false, __VA_ARGS__>;    \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::inputs, true, __VA_ARGS__>;      \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::parameters, false, __VA_ARGS__>; \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::both, true, __VA_ARGS__>;        \
  static_assert(true, "a semicolon follows")
