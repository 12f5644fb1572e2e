// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/autodiff/var.hpp>
#include <ebm/kernels/epilogue.hpp>
#include <ebm/nn/parameters.hpp>
#include <ebm/nn/stage.hpp>
#include <ebm/nn/wiring.hpp>
#include <map>

/// A network as a chain of layers, with shapes worked out at compile time.
namespace ebm {

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
  static constexpr int stages = static_cast<int>(std::tuple_size_v<Stages>);
  template <int I>
  using StageAt = std::tuple_element_t<static_cast<std::size_t>(I), Stages>;

  static constexpr auto wiring = []<class... S>(std::type_identity<std::tuple<S...>>) {
    return detail::Wiring<sizeof...(S)>{
        {detail::Wire{S::input, S::skip, S::is_linear, S::Output::size}...}};
  }(std::type_identity<Stages>{});
  static constexpr auto plan = wiring.plan();

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
    if (!wants_parameters(W)) {
      for (const int size : plan.sizes) packs += size;
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
    std::vector<ParameterInfo> infos;
    std::map<std::string, int> counts;
    int offset = 0;
    unroll<stages>([&](auto i) {
      using L = typename StageAt<i>::Layer;
      if constexpr (L::weight_count > 0) {
        const std::string kind = StageAt<i>::Scope::prefix() + L::name;
        const std::string name = kind + std::to_string(++counts[kind]);
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
    Recording<T> recording{frozen, {}, {}, {}};
    recording.value[0] = reinterpret_cast<const T*>(x.data());
    Tape& tape = *x.tape();

    // Without parameter gradients an output is of use only until the last stage has read it.
    std::array<T*, stages> buffers{};
    if constexpr (!wants_parameters(Tape::wrt)) {
      for (std::size_t i = 0; i < plan.buffers; ++i) buffers[i] = allocate(tape, plan.sizes[i]);
    }
    const Pack<T>* result = nullptr;
    unroll<stages>([&](auto i) {
      using S = StageAt<i>;
      constexpr bool is_last = i == stages - 1;
      T* y = is_last || wants_parameters(Tape::wrt) ? allocate(tape, S::Output::size)
                                                    : buffers[plan.buffer_of[i]];
      if constexpr (differentiable) {
        if constexpr (wiring.adjoint_holder(i) == i) {
          recording.adjoint[i] = allocate(tape, S::Output::size);
        }
        if constexpr (wiring.needs_sum(i)) {  // on the way back nobody reads the output itself
          recording.sum[i] = wants_parameters(Tape::wrt) ? allocate(tape, S::Output::size) : y;
        }
      }
      const auto compute = [&](const auto& epilogue) {
        const T* weights = frozen + frozen_offset<i>;
        if constexpr (S::skip == detail::no_skip) {
          S::Layer::forward(recording.value[S::input], weights, epilogue);
        } else {
          S::Layer::forward(recording.value[S::input], weights,
                            plus(recording.value[S::skip], epilogue));
        }
      };
      if constexpr (differentiable && !S::is_linear) {
        compute(kernels::StoreWithSlope<typename S::Activation, T>{y, recording.adjoint[i]});
      } else {
        compute(kernels::StoreActivated<typename S::Activation, T>{y});
      }
      recording.value[i + 1] = y;
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
    std::array<const T*, stages + 1> value;  // read by the stages; the last is the output
    std::array<T*, stages> adjoint;          // slopes on the way there, adjoints on the way back
    std::array<T*, stages> sum;              // of adjoints for which a slope waits

    /// d output / d what stage `I` gives before its activation, once the sweep has come there.
    template <int I>
    [[nodiscard]] T* adjoint_of() const {
      return adjoint[wiring.adjoint_holder(I)];
    }
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

  template <class T, class Epilogue>
  static auto plus(const T* addend, const Epilogue& epilogue) {
    return kernels::Plus<Epilogue, T>{addend, epilogue};
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

  /// Adds the adjoints of the sums of stage `I` and later that `Value` goes into.
  template <int Value, int I = 0, class T, class Epilogue>
  static auto plus_sums(const Recording<T>& recording, const Epilogue& epilogue) {
    if constexpr (I == stages) {
      return epilogue;
    } else if constexpr (StageAt<I>::skip == Value) {
      return plus_sums<Value, I + 1>(recording,
                                     plus<T>(recording.template adjoint_of<I>(), epilogue));
    } else {
      return plus_sums<Value, I + 1>(recording, epilogue);
    }
  }

  /// Where the input gradient of stage `I` goes, if it goes to another stage's output.
  ///
  /// The last to come, the first that read the value, brings everything together.
  template <int I, class T>
  static auto to_earlier_stage(const Recording<T>& recording) {
    constexpr int value = StageAt<I>::input, earlier = value - 1;
    constexpr bool is_first = I == wiring.first_reader(value);
    constexpr bool is_last = I == wiring.last_reader(value);
    using S = StageAt<earlier>;
    T* sum = S::is_linear ? recording.adjoint[earlier] : recording.sum[earlier];
    if constexpr (!is_first) {
      if constexpr (is_last) {
        return kernels::StoreActivated<kernels::Identity, T>{sum};
      } else {
        return kernels::AddInto<T>{sum};
      }
    } else {
      const auto end = plus_sums<value>(recording, chain_rule<S>(recording.adjoint[earlier]));
      if constexpr (is_last) {
        return end;
      } else {
        return plus<T>(sum, end);
      }
    }
  }

  /// The same for the network's input, whose adjoint others add to as well.
  template <int I, class T>
  static auto to_input(const Recording<T>& recording, T* adjoint) {
    if constexpr (I == wiring.first_reader(0)) {
      return plus_sums<0>(recording, kernels::AddInto<T>{adjoint});
    } else {
      return kernels::AddInto<T>{adjoint};
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
    hand_over<stages - 1>(reinterpret_cast<const T*>(y.adjoint_data()), recording);
    unroll<stages>([&](auto reversed) {
      constexpr int i = stages - 1 - reversed;
      using S = StageAt<i>;
      const T* dy = recording.template adjoint_of<i>();
      if constexpr (wants_parameters(Tape::wrt) && S::Layer::weight_count > 0) {
        S::Layer::parameter_gradient(recording.value[S::input], dy,
                                     tape.parameter_gradient().data() + parameter_offset<i>,
                                     scratch);
      }
      if constexpr (S::skip > 0 && wiring.is_only_added(S::skip)) {
        constexpr int shortcut = S::skip - 1;
        if constexpr (wiring.adjoint_holder(shortcut) == shortcut) {
          hand_over<shortcut>(dy, recording);
        }
      }
      const T* weights = recording.frozen + frozen_offset<i>;
      if constexpr (S::input > 0) {
        S::Layer::input_gradient(dy, weights, to_earlier_stage<i>(recording));
      } else if constexpr (X::active) {
        T* adjoint = reinterpret_cast<T*>(x.adjoint_data());
        S::Layer::input_gradient(dy, weights, to_input<i>(recording, adjoint));
      }
    });
  }

  /// Stage `I` gets the adjoint `dy` of its output.
  template <int I, class T>
  static void hand_over(const T* dy, const Recording<T>& recording) {
    detail::PassThrough::Bind<typename StageAt<I>::Output>::input_gradient(
        dy, recording.frozen, chain_rule<StageAt<I>>(recording.adjoint[I]));
  }
};

}  // namespace ebm
