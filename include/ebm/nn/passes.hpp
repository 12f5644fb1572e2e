// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/autodiff/var.hpp>
#include <ebm/kernels/epilogue.hpp>
#include <ebm/nn/layout.hpp>

namespace ebm::inline EBM_ABI::detail {

/// Runs the layers of a network on the block of a tape, here and now.
template <class TapeType, bool Active>
struct OnTape {
  using T = typename TapeType::value_type;
  static constexpr Wrt wrt = TapeType::wrt;
  static constexpr bool has_input_gradient = Active;
  TapeType& tape;

  /// Uninitialised room for packs, as long as the recording lives.
  [[nodiscard]] T* allocate(int packs) const { return reinterpret_cast<T*>(tape.allocate(packs)); }
  template <class Layer, class Epilogue>
  void forward(const T* x, const T* frozen, const Epilogue& epilogue) const {
    Layer::forward(x, frozen, epilogue);
  }
  template <class Layer, class Epilogue>
  void input_gradient(const T* dy, const T* frozen, const Epilogue& epilogue) const {
    Layer::input_gradient(dy, frozen, epilogue);
  }
  /// scratch: room for `Layer::scratch_size` elements
  template <class Layer>
  void parameter_gradient(const T* x, const T* dy, int offset, T* scratch) const {
    Layer::parameter_gradient(x, dy, tape.parameter_gradient().data() + offset, scratch);
  }
  /// How the input's adjoint takes the first of what is added to it: it stands at zero, and may be
  /// used by others too.
  [[nodiscard]] static auto first_addition(T* adjoint) { return kernels::AddInto<T>{adjoint}; }
};

/// The forward pass over the stages of a network, and the backward one.
///
/// `Layout<...>` says what there is to do; this does it in the right order, and a runner such as
/// `OnTape` does each step for one block or for many.
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
  /// Packs that the backward pass takes for parameter gradients, besides what is recorded.
  static constexpr int scratch_packs = [] {
    int size = 1;
    unroll<stages>([&](auto i) { size = std::max(size, StageAt<i>::Layer::scratch_size); });
    return padded_to_packs(size) / lanes;
  }();

  template <class T, int Count = stages>
  using Pointers = std::array<T*, std::size_t{Count}>;

  /// What the backward pass needs of the forward one.
  template <class T>
  struct Recording {
    const T* frozen;
    Pointers<const T, stages + 1> value;  // read by the stages; the last is the output
    Pointers<T> adjoint;                  // slopes on the way there, adjoints on the way back
    Pointers<T> sum;                      // of adjoints for which a slope waits

    /// d output / d what stage `I` gives before its activation, once the sweep has come there.
    template <int I>
    [[nodiscard]] T* adjoint_of() const {
      return adjoint[wiring.adjoint_holder(I)];
    }
  };

  /// Computes all values; the last is the output.
  template <class Runner, class T>
  static Recording<T> forward(const Runner& run, const T* frozen, const T* x) {
    constexpr bool differentiable = is_differentiable<Runner>;
    Recording<T> recording{frozen, {}, {}, {}};
    recording.value[0] = x;

    // Without parameter gradients an output is of use only until the last stage has read it.
    Pointers<T> buffers{};
    if constexpr (!wants_parameters(Runner::wrt)) {
      for (std::size_t i = 0; i < plan.buffers; ++i) buffers[i] = run.allocate(plan.sizes[i]);
    }
    unroll<stages>([&](auto i) {
      using Current = StageAt<i>;
      constexpr bool is_last = i == stages - 1;
      T* y = is_last || wants_parameters(Runner::wrt) ? run.allocate(Current::Output::size)
                                                      : buffers[plan.buffer_of[i]];
      if constexpr (differentiable) {
        if constexpr (wiring.adjoint_holder(i) == i) {
          recording.adjoint[i] = run.allocate(Current::Output::size);
        }
        if constexpr (wiring.needs_sum(i)) {  // on the way back nobody reads the output itself
          recording.sum[i] =
              wants_parameters(Runner::wrt) ? run.allocate(Current::Output::size) : y;
        }
      }
      const auto compute = [&](const auto& epilogue) {
        const T* weights = frozen + frozen_offset<i>;
        if constexpr (Current::skip == no_skip) {
          run.template forward<typename Current::Layer>(recording.value[Current::input], weights,
                                                        epilogue);
        } else {
          run.template forward<typename Current::Layer>(
              recording.value[Current::input], weights,
              plus(recording.value[Current::skip], epilogue));
        }
      };
      if constexpr (differentiable && !Current::is_linear) {
        compute(kernels::StoreWithSlope<typename Current::Activation, T>{y, recording.adjoint[i]});
      } else {
        compute(kernels::StoreActivated<typename Current::Activation, T>{y});
      }
      recording.value[i + 1] = y;
    });
    return recording;
  }

  /// Goes back from the output's adjoint `dy` to the parameters, and to the input's adjoint `dx`.
  template <class Runner, class T>
  static void backward(const Runner& run, const Recording<T>& recording, const T* dy, T* dx) {
    T* scratch = nullptr;
    if constexpr (wants_parameters(Runner::wrt)) {
      scratch = run.allocate(scratch_packs);
    }
    hand_over<stages - 1>(run, dy, recording);
    unroll<stages>([&](auto reversed) {
      constexpr int i = stages - 1 - reversed;
      using S = StageAt<i>;
      const T* stage_dy = recording.template adjoint_of<i>();
      if constexpr (wants_parameters(Runner::wrt) && S::Layer::weight_count > 0) {
        run.template parameter_gradient<typename S::Layer>(recording.value[S::input], stage_dy,
                                                           parameter_offset<i>, scratch);
      }
      if constexpr (S::skip > 0 && wiring.is_only_added(S::skip)) {
        constexpr int shortcut = S::skip - 1;
        if constexpr (wiring.adjoint_holder(shortcut) == shortcut) {
          hand_over<shortcut>(run, stage_dy, recording);
        }
      }
      const T* weights = recording.frozen + frozen_offset<i>;
      if constexpr (S::input > 0) {
        run.template input_gradient<typename S::Layer>(stage_dy, weights,
                                                       to_earlier_stage<i>(recording));
      } else if constexpr (Runner::has_input_gradient) {
        run.template input_gradient<typename S::Layer>(stage_dy, weights,
                                                       to_input<i>(run, recording, dx));
      }
    });
  }

 private:
  template <class Runner>
  static constexpr bool is_differentiable =
      Runner::has_input_gradient || wants_parameters(Runner::wrt);

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

  /// Adds the adjoints of the sums of stage `From` and later that `Value` goes into.
  template <int Value, int From = 0, class T, class Epilogue>
  static auto plus_sums(const Recording<T>& recording, const Epilogue& epilogue) {
    constexpr int adder = wiring.next_adder(Value, From);
    if constexpr (adder == stages) {
      return epilogue;
    } else {
      return plus_sums<Value, adder + 1>(recording,
                                         plus<T>(recording.template adjoint_of<adder>(), epilogue));
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
  template <int I, class Runner, class T>
  static auto to_input(const Runner& run, const Recording<T>& recording, T* adjoint) {
    const auto end = [&] {
      if constexpr (I == wiring.last_reader(0)) {
        return run.first_addition(adjoint);
      } else {
        return kernels::AddInto<T>{adjoint};
      }
    }();
    if constexpr (I == wiring.first_reader(0)) {
      return plus_sums<0>(recording, end);
    } else {
      return end;
    }
  }

  /// Stage `I` gets the adjoint `dy` of its output.
  template <int I, class Runner, class T>
  static void hand_over(const Runner& run, const T* dy, const Recording<T>& recording) {
    run.template input_gradient<PassThrough::Bind<typename StageAt<I>::Output>>(
        dy, recording.frozen, chain_rule<StageAt<I>>(recording.adjoint[I]));
  }
};

}  // namespace ebm::inline EBM_ABI::detail
