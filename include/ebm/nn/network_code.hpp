// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/nn/parameters.hpp>
#include <ebm/nn/passes.hpp>
#include <span>
#include <string>
#include <vector>

/// What of a network takes compilers long, and how it is compiled once for a whole program.
namespace ebm::inline EBM_ABI::detail {

/// A layer of a network as far as its parameters' names go.
struct LayerInfo {
  const char* name;
  int scope;
  std::span<const LayerParameter> parameters;
  int offset;  ///< of its first parameter
};

/// Names the parameters of layers that stand in these blocks: of each kind the layers, and the
/// blocks that are numbered, count from 1 in the block around them.
inline std::vector<ParameterInfo> parameter_infos(std::span<const Scope> scopes,
                                                  std::span<const LayerInfo> layers) {
  std::vector<std::string> used;  // prefixes with their numbers
  const auto numbered = [&used](const std::string& prefix) {
    int number = 1;
    while (std::find(used.begin(), used.end(), prefix + std::to_string(number)) != used.end()) {
      ++number;
    }
    return used.emplace_back(prefix + std::to_string(number));
  };
  std::vector<std::string> prefixes;
  for (const Scope& scope : scopes) {
    std::string prefix;
    if (scope.parent != none) {
      prefix = prefixes[static_cast<std::size_t>(scope.parent)] + scope.name;
      if (scope.is_numbered) prefix = numbered(prefix);
      prefix += '.';
    }
    prefixes.push_back(std::move(prefix));
  }
  std::vector<ParameterInfo> infos;
  for (const LayerInfo& layer : layers) {
    if (layer.parameters.empty()) continue;
    const std::string name =
        numbered(prefixes[static_cast<std::size_t>(layer.scope)] + layer.name) + ".";
    int offset = layer.offset;
    for (const LayerParameter& parameter : layer.parameters) {
      const auto shape = parameter.shape();
      infos.push_back({name + parameter.name,
                       {shape.begin(), shape.end()},
                       offset,
                       parameter.size(),
                       parameter.fan_in,
                       parameter.initial});
      offset += parameter.size();
    }
  }
  return infos;
}

/// What concerns the parameters of a network, all blocks of samples apart.
template <class Network, class T = float, class P = PrecisionOf<T>>
struct NetworkParameters {
  using Layout = typename Network::Layout;
  using Weight = typename P::weight_type;

  static std::vector<ParameterInfo> infos();
  static void freeze(const T* parameters, Weight* frozen) noexcept;
  static void finish_gradient(const T* parameters, const Weight* frozen, T* gradient) noexcept;
};

/// The passes over a network on tapes with this choice of `Wrt`, by inputs that have an adjoint or
/// not. See `Passes`.
///
/// T: the type of numbers, also `WithTangent`
template <Wrt W, bool Active, class Network, class T = float, class P = PrecisionOf<RealOf<T>>>
struct NetworkPasses {
  using Passes = detail::Passes<typename Network::Layout, P>;
  using Weights = FrozenWeights<typename Network::Layout, P>;
  using Recording = typename Passes::template Recording<T>;

  static Recording forward(Tape<T, W>& tape, Weights frozen, ConstPointerTo<T> x,
                           ConstPointerTo<T> condition);
  static void backward(Tape<T, W>& tape, const Recording& recording, ConstPointerTo<T> dy,
                       PointerTo<T> dx);
};

// Defined outside of the classes: what is defined inside is inline, and would be compiled anew
// wherever it is used, whatever `EBM_EXTERN_NETWORK` says.

template <class Network, class T, class P>
std::vector<ParameterInfo> NetworkParameters<Network, T, P>::infos() {
  std::vector<LayerInfo> layers;
  unroll<Layout::stages>([&layers](auto i) {
    using Layer = typename Layout::template LayerAt<i>;
    layers.push_back({Layer::name, Layout::template scope_at<i>, Layer::parameters,
                      Layout::template parameter_offset<i>});
  });
  return parameter_infos(Layout::scopes, layers);
}

template <class Network, class T, class P>
void NetworkParameters<Network, T, P>::freeze(const T* parameters, Weight* frozen) noexcept {
  using Weights = FrozenWeights<Layout, P, Weight>;
  unroll<Layout::stages>([&](auto i) {
    Weights::template LayerAt<i>::freeze(parameters + Layout::template parameter_offset<i>,
                                         Weights(frozen).template at<i>());
  });
}

template <class Network, class T, class P>
void NetworkParameters<Network, T, P>::finish_gradient(const T* parameters, const Weight* frozen,
                                                       T* gradient) noexcept {
  using Weights = FrozenWeights<Layout, P>;
  unroll<Layout::stages>([&](auto i) {
    constexpr int offset = Layout::template parameter_offset<i>;
    Weights::template LayerAt<i>::finish_gradient(
        parameters + offset, Weights(frozen).template at<i>(), gradient + offset);
  });
}

template <Wrt W, bool Active, class Network, class T, class P>
auto NetworkPasses<W, Active, Network, T, P>::forward(Tape<T, W>& tape, Weights frozen,
                                                      ConstPointerTo<T> x,
                                                      ConstPointerTo<T> condition) -> Recording {
  return Passes::forward(OnTape<Tape<T, W>, Active>{tape}, frozen, x, condition);
}

template <Wrt W, bool Active, class Network, class T, class P>
void NetworkPasses<W, Active, Network, T, P>::backward(Tape<T, W>& tape, const Recording& recording,
                                                       ConstPointerTo<T> dy, PointerTo<T> dx) {
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
/// follows: `EBM_EXTERN_NETWORK(Network, double)`. A `Precision` of one's own stands after that.
/// Without these macros everything works, and each source that uses the network compiles it.
/// @{
#define EBM_EXTERN_NETWORK(...) EBM_NETWORK_CODE_(extern template, __VA_ARGS__)
#define EBM_INSTANTIATE_NETWORK(...) EBM_NETWORK_CODE_(template, __VA_ARGS__)
/// @}

#define EBM_NETWORK_CODE_(instantiate, ...)                                                \
  instantiate struct ebm::detail::NetworkParameters<__VA_ARGS__>;                          \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::nothing, false, __VA_ARGS__>;    \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::inputs, true, __VA_ARGS__>;      \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::parameters, false, __VA_ARGS__>; \
  instantiate struct ebm::detail::NetworkPasses<ebm::Wrt::both, true, __VA_ARGS__>;        \
  static_assert(true, "a semicolon follows")
