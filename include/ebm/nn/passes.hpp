// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/autodiff/var.hpp>
#include <ebm/kernels/epilogue.hpp>
#include <ebm/nn/layout.hpp>

namespace ebm::detail {

/// The forward pass over the stages of a network, and the backward one.
///
/// `Layout<...>` says what there is to do; this does it for one block.
template <class Stages>
class Passes {
  using Network = Layout<Stages>;
  static constexpr int stages = Network::stages;
  static constexpr auto wiring = Network::wiring;
  static constexpr auto plan = Network::plan;
  template <int I>
  using StageAt = typename Network::template StageAt<I>;
  template <int I>
  static constexpr int parameter_offset = Network::template parameter_offset<I>;
  template <int I>
  static constexpr int frozen_offset = Network::template frozen_offset<I>;

 public:
  /// The network's output for the block `x`, on the tape of `x`.
  ///
  /// frozen: as `freeze` leaves it; must outlive the recording.
  template <class Tape, class S, bool Active>
  static auto apply(const typename Tape::value_type* frozen, const Var<Tape, S, Active>& x) {
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
      using Current = StageAt<i>;
      constexpr bool is_last = i == stages - 1;
      T* y = is_last || wants_parameters(Tape::wrt) ? allocate(tape, Current::Output::size)
                                                    : buffers[plan.buffer_of[i]];
      if constexpr (differentiable) {
        if constexpr (wiring.adjoint_holder(i) == i) {
          recording.adjoint[i] = allocate(tape, Current::Output::size);
        }
        if constexpr (wiring.needs_sum(i)) {  // on the way back nobody reads the output itself
          recording.sum[i] =
              wants_parameters(Tape::wrt) ? allocate(tape, Current::Output::size) : y;
        }
      }
      const auto compute = [&](const auto& epilogue) {
        const T* weights = frozen + frozen_offset<i>;
        if constexpr (Current::skip == no_skip) {
          Current::Layer::forward(recording.value[Current::input], weights, epilogue);
        } else {
          Current::Layer::forward(recording.value[Current::input], weights,
                                  plus(recording.value[Current::skip], epilogue));
        }
      };
      if constexpr (differentiable && !Current::is_linear) {
        compute(kernels::StoreWithSlope<typename Current::Activation, T>{y, recording.adjoint[i]});
      } else {
        compute(kernels::StoreActivated<typename Current::Activation, T>{y});
      }
      recording.value[i + 1] = y;
      result = reinterpret_cast<const Pack<T>*>(y);
    });

    const auto y =
        tape.template make_var<typename StageAt<stages - 1>::Output, differentiable>(result);
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
    PassThrough::Bind<typename StageAt<I>::Output>::input_gradient(
        dy, recording.frozen, chain_rule<StageAt<I>>(recording.adjoint[I]));
  }
};

}  // namespace ebm::detail
