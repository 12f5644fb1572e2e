// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/autodiff/var.hpp>
#include <ebm/nn/activation.hpp>
#include <ebm/nn/layer.hpp>
#include <ebm/nn/parameters.hpp>
#include <map>
#include <tuple>

/// A network as a chain of layers, with shapes worked out at compile time.
namespace ebm {

namespace detail {

/// A bound layer and the activation that is fused into its epilogue.
template <class In, class BoundLayer, class Kernel>
struct Stage {
  using Input = In;
  using Layer = BoundLayer;
  using Output = typename BoundLayer::Output;
  using Activation = Kernel;
  static constexpr bool is_linear = std::is_same_v<Kernel, kernels::Identity>;
};

/// Groups layers into stages: an activation joins the stage before it, if that has none yet.
template <class Done, class In, class... Rest>
struct MakeStages {
  static_assert(sizeof...(Rest) == 0,
                "Sequential takes layers and activations; one of its arguments is neither");
  using type = Done;
};

template <class... Done, class In, class Next, class... Rest>
requires Layer<Next, In>
struct MakeStages<std::tuple<Done...>, In, Next, Rest...> {
  using Bound = typename Next::template Bind<In>;
  using type = typename MakeStages<std::tuple<Done..., Stage<In, Bound, kernels::Identity>>,
                                   typename Bound::Output, Rest...>::type;
};

template <class... Done, class In, class Next, class... Rest>
requires Activation<Next>
struct MakeStages<std::tuple<Done...>, In, Next, Rest...> {
  template <class Stages>
  struct Fuse {  // nothing to fuse with
    using type = std::tuple<Done..., Stage<In, PassThrough::Bind<In>, typename Next::Kernel>>;
  };
  template <class... Earlier>
  requires(sizeof...(Earlier) > 0) struct Fuse<std::tuple<Earlier...>> {
    static constexpr std::size_t last = sizeof...(Earlier) - 1;
    using Last = std::tuple_element_t<last, std::tuple<Earlier...>>;
    using type = decltype([]<std::size_t... I>(std::index_sequence<I...>) {
      if constexpr (Last::is_linear) {
        return std::tuple<
            std::tuple_element_t<I, std::tuple<Earlier...>>...,
            Stage<typename Last::Input, typename Last::Layer, typename Next::Kernel>>{};
      } else {
        return std::tuple<Earlier..., Stage<In, PassThrough::Bind<In>, typename Next::Kernel>>{};
      }
    }(std::make_index_sequence<last>{}));
  };
  using type = typename MakeStages<typename Fuse<std::tuple<Done...>>::type, In, Rest...>::type;
};

}  // namespace detail

/// Layers one behind the other, bound to an input shape.
///
/// `Sequential<Shape<2>, Linear<64>, Swish, Linear<1>>`; the layers need no shapes of their own,
/// and one that doesn't fit is a compile-time error. An empty type: parameters come from outside.
template <class InputShape, class... Layers>
class Sequential {
  static_assert(sizeof...(Layers) > 0, "Sequential needs at least one layer");
  using Stages = typename detail::MakeStages<std::tuple<>, InputShape, Layers...>::type;
  static constexpr int stages = static_cast<int>(std::tuple_size_v<Stages>);
  template <int I>
  using StageAt = std::tuple_element_t<static_cast<std::size_t>(I), Stages>;

  /// Room for the outputs of the even and of the odd stages, where none of them is kept.
  template <Wrt W>
  static constexpr std::array<int, 2> scratch_sizes = [] {
    std::array<int, 2> sizes{};
    if (!wants_parameters(W)) {
      unroll<stages - 1>(
          [&](auto i) { sizes[i % 2] = std::max(sizes[i % 2], StageAt<i>::Output::size); });
    }
    return sizes;
  }();

 public:
  using Input = InputShape;
  using Output = typename StageAt<stages - 1>::Output;

  /// Elements of all parameters.
  static constexpr int parameter_count = [] {
    int count = 0;
    unroll<stages>(
        [&](auto i) { count += StageAt<i>::Layer::weight_count + StageAt<i>::Layer::bias_count; });
    return count;
  }();

  /// Multiply-adds of one sample's forward pass, those with padding included; an input gradient
  /// makes as many again.
  static constexpr std::int64_t multiply_adds = [] {
    std::int64_t count = 0;
    unroll<stages>([&](auto i) { count += StageAt<i>::Layer::multiply_adds; });
    return count;
  }();

  /// Elements that `freeze` writes.
  static constexpr int frozen_size = [] {
    int size = 0;
    unroll<stages>([&](auto i) { size += StageAt<i>::Layer::frozen_size; });
    return size;
  }();

  /// Packs that `apply` takes from a tape with this choice of `Wrt` for one block.
  template <Wrt W>
  static constexpr int recorded_packs = [] {
    int packs = Output::size;
    for (const int size : scratch_sizes<W>) packs += size;
    unroll<stages>([&](auto i) {
      if (i < stages - 1 && wants_parameters(W)) packs += StageAt<i>::Output::size;
      if (W != Wrt::nothing) packs += StageAt<i>::Output::size;
    });
    if (W != Wrt::nothing) packs += Output::size;  // the adjoint of the output
    return packs;
  }();

  /// Names, shapes and places of the parameters: layers are counted by kind, from 1.
  static std::vector<ParameterInfo> parameter_infos() {
    std::vector<ParameterInfo> infos;
    std::map<std::string, int> counts;
    int offset = 0;
    unroll<stages>([&](auto i) {
      using L = typename StageAt<i>::Layer;
      if constexpr (L::weight_count > 0) {
        const std::string name = L::name + std::to_string(++counts[L::name]);
        infos.push_back({name + ".weight",
                         {L::weight_shape.begin(), L::weight_shape.end()},
                         offset,
                         L::weight_count,
                         L::fan_in});
        offset += L::weight_count;
        infos.push_back({name + ".bias", {L::bias_count}, offset, L::bias_count, L::fan_in});
        offset += L::bias_count;
      }
    });
    return infos;
  }

  /// Packs parameters into the layouts that the kernels read.
  ///
  /// parameters: [parameter_count]; frozen: [frozen_size], aligned
  template <class T>
  static void freeze(const T* parameters, T* frozen) noexcept {
    unroll<stages>([&](auto i) {
      using L = typename StageAt<i>::Layer;
      L::freeze(parameters + parameter_offset<i>, frozen + frozen_offset<i>);
    });
  }

  /// The network's output for the block `x`, on the tape of `x`.
  ///
  /// frozen: as `freeze` leaves it; must outlive the recording.
  template <class Tape, bool Active>
  static auto apply(const typename Tape::value_type* frozen, const Var<Tape, Input, Active>& x) {
    using T = typename Tape::value_type;
    constexpr bool differentiable = Active || wants_parameters(Tape::wrt);
    Recording<T> recording{frozen, {}, {}};
    recording.input[0] = reinterpret_cast<const T*>(x.data());
    Tape& tape = *x.tape();

    // Without parameter gradients a stage's output is read by the next stage only.
    T* scratch[2] = {};
    if constexpr (!wants_parameters(Tape::wrt)) {
      for (std::size_t i = 0; i < 2; ++i) scratch[i] = allocate(tape, scratch_sizes<Tape::wrt>[i]);
    }
    const Pack<T>* result = nullptr;
    unroll<stages>([&](auto i) {
      using S = StageAt<i>;
      constexpr bool is_last = i == stages - 1;
      T* y =
          is_last || wants_parameters(Tape::wrt) ? allocate(tape, S::Output::size) : scratch[i % 2];
      const T* weights = frozen + frozen_offset<i>;
      if constexpr (differentiable) recording.adjoint[i] = allocate(tape, S::Output::size);
      if constexpr (differentiable && !S::is_linear) {
        S::Layer::forward(
            recording.input[i], weights,
            kernels::StoreWithSlope<typename S::Activation, T>{y, recording.adjoint[i]});
      } else {
        S::Layer::forward(recording.input[i], weights,
                          kernels::StoreActivated<typename S::Activation, T>{y});
      }
      recording.input[i + 1] = y;
      result = reinterpret_cast<const Pack<T>*>(y);
    });

    const auto y = tape.template make_var<Output, differentiable>(result);
    if constexpr (differentiable) {
      tape.on_backward([recording, x, y] { sweep(recording, x, y); });
    }
    return y;
  }

 private:
  template <class T>
  struct Recording {
    const T* frozen;
    std::array<const T*, stages + 1> input;  // of each stage; the last is the network's output
    std::array<T*, stages> adjoint;          // slopes on the way there, adjoints on the way back
  };

  template <int I>
  static constexpr int parameter_offset = [] {
    int offset = 0;
    unroll<I>(
        [&](auto i) { offset += StageAt<i>::Layer::weight_count + StageAt<i>::Layer::bias_count; });
    return offset;
  }();

  template <int I>
  static constexpr int frozen_offset = [] {
    int offset = 0;
    unroll<I>([&](auto i) { offset += StageAt<i>::Layer::frozen_size; });
    return offset;
  }();

  static constexpr int largest_scratch = [] {
    int size = 1;
    unroll<stages>([&](auto i) { size = std::max(size, StageAt<i>::Layer::scratch_size); });
    return size;
  }();

  template <class Tape>
  static auto allocate(Tape& tape, int packs) {
    return reinterpret_cast<typename Tape::value_type*>(tape.allocate(packs));
  }

  /// Stores an adjoint where the slope waits for it, or where there is none.
  template <class S, class T>
  static auto chain_rule(T* adjoint) {
    if constexpr (S::is_linear) {
      return kernels::StoreActivated<kernels::Identity, T>{adjoint};
    } else {
      return kernels::MultiplyInto<T>{adjoint};
    }
  }

  template <class T, class X, class Y>
  static void sweep(const Recording<T>& recording, const X& x, const Y& y) {
    using Tape = typename X::Tape;
    Tape& tape = *x.tape();
    T* scratch = nullptr;
    if constexpr (wants_parameters(Tape::wrt)) {
      scratch = allocate(tape, (largest_scratch + lanes - 1) / lanes);
    }
    detail::PassThrough::Bind<Output>::input_gradient(
        reinterpret_cast<const T*>(y.adjoint_data()), recording.frozen,
        chain_rule<StageAt<stages - 1>>(recording.adjoint[stages - 1]));
    unroll<stages>([&](auto reversed) {
      constexpr int i = stages - 1 - reversed;
      using S = StageAt<i>;
      const T* dy = recording.adjoint[i];
      if constexpr (wants_parameters(Tape::wrt) && S::Layer::weight_count > 0) {
        S::Layer::parameter_gradient(recording.input[i], dy,
                                     tape.parameter_gradient().data() + parameter_offset<i>,
                                     scratch);
      }
      const T* weights = recording.frozen + frozen_offset<i>;
      if constexpr (i > 0) {
        S::Layer::input_gradient(dy, weights, chain_rule<StageAt<i - 1>>(recording.adjoint[i - 1]));
      } else if constexpr (X::active) {
        S::Layer::input_gradient(dy, weights,
                                 kernels::AddInto<T>{reinterpret_cast<T*>(x.adjoint_data())});
      }
    });
  }
};

}  // namespace ebm
