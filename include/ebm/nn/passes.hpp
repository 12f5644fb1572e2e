// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/var.hpp>
#include <ebm/core/attributes.hpp>
#include <ebm/kernels/epilogue.hpp>
#include <ebm/nn/precision.hpp>

namespace ebm::inline EBM_ABI::detail {

/// Hands values to an epilogue of duals, with tangents that have been computed before.
///
/// Number: that of the values
template <class Number, class Epilogue>
struct BesideTangents {
  ConstPointerTo<Number> tangents;
  const Epilogue& epilogue;

  template <class V>
  EBM_INLINE void operator()(const V& value, int offset) const noexcept {
    epilogue(Dual<V>(value, load_from<V>(tangents + offset)), offset);
  }
};

/// Runs the layers of a network on the block of a tape, here and now.
template <class TapeType, bool Active>
struct OnTape {
  using Number = typename TapeType::number;
  using T = typename TapeType::value_type;
  static constexpr Wrt wrt = TapeType::wrt;
  static constexpr bool has_input_gradient = Active;
  TapeType& tape;

  /// Uninitialised room for `elements` of each lane, as long as the recording lives.
  [[nodiscard]] PointerTo<Number> allocate(int elements) const { return room<Number>(elements); }

  template <class Layer, class Weight, class Epilogue>
  void forward(const Forward<Number, Weight>& pass, const Epilogue& epilogue) const {
    if constexpr (is_dual<Number> && Layer::is_affine) {
      affine_forward<Layer, true, Number>(pass.x, pass.frozen, epilogue);
    } else {
      Layer::forward(pass, epilogue);
    }
  }

  /// The gradient by input `Input` of the layer, of `Size` elements.
  template <class Layer, int Input, int Size, class Weight, class Epilogue>
  void input_gradient(const Backward<Number, Weight>& pass, const Epilogue& epilogue) const {
    if constexpr (Layer::inputs > 1) {
      Layer::template input_gradient<Input>(pass, epilogue);
    } else if constexpr (is_dual<Number> && Layer::is_affine) {
      affine_input_gradient<Layer, Size, Number>(pass.dy, pass.frozen, epilogue);
    } else {
      Layer::input_gradient(pass, epilogue);
    }
  }

  /// offset: of the layer's first parameter
  template <class Layer, class Weight>
  void parameter_gradient(const Backward<Number, Weight>& pass, int offset) const {
    T* const gradient = tape.parameter_gradient().data() + offset;
    if constexpr (is_dual<Number> && Layer::is_affine) {
      affine_parameter_gradient<Layer, true, Number>(pass.x, pass.dy, pass.frozen,
                                                     real_part(pass.scratch), gradient);
    } else {
      Layer::parameter_gradient(pass, gradient);
    }
  }

  /// How the input's adjoint takes the first of what is added to it: it stands at zero, and may be
  /// used by others too.
  [[nodiscard]] static auto first_addition(PointerTo<Number> adjoint) {
    return kernels::AddInto<Number>{adjoint};
  }

 private:
  /// Room for numbers of the tape's, or of fewer parts.
  template <class N>
  [[nodiscard]] PointerTo<N> room(int elements) const {
    constexpr int ratio = parts_of<Number> / parts_of<N>;
    T* const first = reinterpret_cast<T*>(tape.allocate((elements + ratio - 1) / ratio));
    return cut_room<N>(first, std::ptrdiff_t{elements} * lanes);
  }

  // What affine layers, which know real numbers alone, do with each part of a dual. N: the number

  /// W x + b, or W x without `HasBias`: tangents meet no bias.
  template <class Layer, bool HasBias, class N, class Weight, class Epilogue>
  void affine_forward(ConstPointerTo<N> x, const Weight* frozen, const Epilogue& epilogue) const {
    if constexpr (is_dual<N>) {
      using Value = ValueOf<N>;
      const auto tangents = room<Value>(Layer::Output::size);
      affine_forward<Layer, false, Value>(
          x.tangent, frozen, kernels::StoreActivated<kernels::Identity, Value>{tangents});
      affine_forward<Layer, HasBias, Value>(x.value, frozen,
                                            BesideTangents<Value, Epilogue>{tangents, epilogue});
    } else if constexpr (HasBias) {
      Layer::forward(Forward<T, Weight>{x, nullptr, frozen, nullptr}, epilogue);
    } else {
      Layer::tangent(Forward<T, Weight>{x, nullptr, frozen, nullptr}, epilogue);
    }
  }

  /// W^T dy.
  template <class Layer, int Size, class N, class Weight, class Epilogue>
  void affine_input_gradient(ConstPointerTo<N> dy, const Weight* frozen,
                             const Epilogue& epilogue) const {
    if constexpr (is_dual<N>) {
      using Value = ValueOf<N>;
      const auto tangents = room<Value>(Size);
      affine_input_gradient<Layer, Size, Value>(
          dy.tangent, frozen, kernels::StoreActivated<kernels::Identity, Value>{tangents});
      affine_input_gradient<Layer, Size, Value>(
          dy.value, frozen, BesideTangents<Value, Epilogue>{tangents, epilogue});
    } else {
      Layer::input_gradient(Backward<T, Weight>{dy, nullptr, nullptr, frozen, nullptr, nullptr},
                            epilogue);
    }
  }

  /// The last tangent of dy x^T and, with `HasBias`, of dy: the bias meets dy alone.
  template <class Layer, bool HasBias, class N, class Weight>
  void affine_parameter_gradient(ConstPointerTo<N> x, ConstPointerTo<N> dy, const Weight* frozen,
                                 T* scratch, T* gradient) const {
    if constexpr (is_dual<N>) {
      using Value = ValueOf<N>;
      affine_parameter_gradient<Layer, false, Value>(x.tangent, dy.value, frozen, scratch,
                                                     gradient);
      affine_parameter_gradient<Layer, HasBias, Value>(x.value, dy.tangent, frozen, scratch,
                                                       gradient);
    } else {
      const Backward<T, Weight> pass{dy, x, nullptr, frozen, nullptr, scratch};
      if constexpr (HasBias) {
        Layer::parameter_gradient(pass, gradient);
      } else {
        Layer::weight_gradient(pass, gradient);
      }
    }
  }
};

/// The forward pass over the stages of a network, and the backward one.
///
/// `Layout` says what there is to do; this does it in the right order, and a runner such as
/// `OnTape` does each stage for one block or for many.
template <class Network, class P>
class Passes {
  static constexpr int stages = Network::stages;
  static constexpr auto graph = Network::graph;
  template <int I>
  using LayerAt = typename FrozenWeights<Network, P>::template LayerAt<I>;
  using Weight = typename P::weight_type;
  template <int I>
  static constexpr int parameter_offset = Network::template parameter_offset<I>;

 public:
  /// Elements of each lane that the backward pass takes for room, besides what is recorded.
  static constexpr int scratch_size = [] {
    int size = 1;
    unroll<stages>([&](auto i) { size = std::max(size, LayerAt<i>::scratch_size); });
    return size;
  }();
  static constexpr auto kept_plan = graph.plan(true), passing_plan = graph.plan(false);

  template <class Pointer, int Count = stages>
  using Pointers = std::array<Pointer, std::size_t{Count}>;

  /// What the backward pass needs of the forward one.
  template <class Number>
  struct Recording {
    FrozenWeights<Network, P> frozen;
    Pointers<ConstPointerTo<Number>, stages + 2> value;  // by value; see `Graph`
    Pointers<PointerTo<Number>> adjoint;  // slopes on the way there, adjoints on the way back
    Pointers<PointerTo<Number>> sum;      // of adjoints for which a slope waits
    Pointers<PointerTo<Number>> saved;    // by layers

    [[nodiscard]] ConstPointerTo<Number> output() const { return value[stages]; }

    /// d output / d what stage `I` gives before its activation, once the sweep has come there.
    template <int I>
    [[nodiscard]] PointerTo<Number> adjoint_of() const {
      return adjoint[graph.adjoint_holder(I)];
    }
    /// What layer `I` reads as its input number `Input`.
    template <int I, int Input>
    [[nodiscard]] ConstPointerTo<Number> input() const {
      constexpr int read = graph.at(I).inputs[Input];
      if constexpr (read == none) {
        return {};
      } else {
        return value[read];
      }
    }
  };

  /// Computes all values; the last is the output. condition: none where the network reads none
  template <class Runner, class Number = typename Runner::Number>
  static Recording<Number> forward(const Runner& run, FrozenWeights<Network, P> frozen,
                                   ConstPointerTo<Number> x, ConstPointerTo<Number> condition) {
    constexpr Wrt wrt = wrt_of<Runner>;
    Recording<Number> recording{};
    recording.frozen = frozen;
    recording.value[0] = x;
    recording.value[graph.condition] = condition;

    // Without parameter gradients an output is of use only until the last stage has read it.
    constexpr bool keeps_all = wants_parameters(wrt);
    constexpr auto plan = wrt == Wrt::nothing ? passing_plan : kept_plan;
    Pointers<PointerTo<Number>> buffers{};
    if constexpr (!keeps_all) {
      for (std::size_t i = 0; i < plan.buffers; ++i) buffers[i] = run.allocate(plan.sizes[i]);
    }
    unroll<stages>([&](auto i) {
      using Layer = LayerAt<i>;
      constexpr Stage stage = graph.at(i);
      constexpr bool is_last = i == stages - 1;
      const PointerTo<Number> y =
          is_last || keeps_all ? run.allocate(stage.size) : buffers[plan.buffer_of[i]];
      constexpr bool has_adjoint = graph.has_adjoint(i, wrt);
      if constexpr (has_adjoint) {
        if constexpr (graph.adjoint_holder(i) == i) {
          recording.adjoint[i] = run.allocate(stage.size);
        }
        if constexpr (graph.needs_sum(i)) {
          // Where nobody reads the output itself on the way back, its place will do.
          constexpr bool is_kept = keeps_all || graph.is_needed(i + 1);
          recording.sum[i] = is_kept ? run.allocate(stage.size) : y;
        }
      }
      if constexpr (Layer::saved_size > 0) recording.saved[i] = run.allocate(Layer::saved_size);
      const auto compute = [&](const auto& epilogue) {
        const Forward<Number, Weight> pass{recording.template input<i, 0>(),
                                           recording.template input<i, 1>(),
                                           frozen.template at<i>(), recording.saved[i]};
        constexpr int added = graph.at(i).added;  // nvcc takes no constant of the outer lambda here
        if constexpr (added == none) {
          run.template forward<Layer>(pass, plus_bias<i>(recording, epilogue));
        } else {
          run.template forward<Layer>(
              pass, plus_bias<i>(recording, plus<Number>(recording.value[added], epilogue)));
        }
      };
      using Activation = typename Network::template ActivationAt<i>;
      if constexpr (has_adjoint && !stage.is_linear()) {
        compute(kernels::StoreWithSlope<Activation, Number>{y, recording.adjoint[i]});
      } else {
        compute(kernels::StoreActivated<Activation, Number>{y});
      }
      recording.value[i + 1] = y;
    });
    return recording;
  }

  /// Goes back from the output's adjoint `dy` to the parameters, and to the input's adjoint `dx`.
  template <class Runner, class Number = typename Runner::Number>
  static void backward(const Runner& run, const Recording<Number>& recording,
                       ConstPointerTo<Number> dy, PointerTo<Number> dx) {
    PointerTo<Number> scratch{};
    if constexpr (wants_parameters(Runner::wrt) || is_scratch_for_inputs) {
      scratch = run.allocate(scratch_size);
    }
    hand_over<stages - 1>(run, dy, recording);
    unroll<stages>([&](auto reversed) {
      constexpr int i = stages - 1 - reversed;
      constexpr Stage stage = graph.at(i);
      if constexpr (graph.has_adjoint(i, wrt_of<Runner>)) {
        using Layer = LayerAt<i>;
        const Backward<Number, Weight> pass{recording.template adjoint_of<i>(),
                                            recording.template input<i, 0>(),
                                            recording.template input<i, 1>(),
                                            recording.frozen.template at<i>(),
                                            recording.saved[i],
                                            scratch};
        if constexpr (wants_parameters(Runner::wrt) && layer_parameters<Layer> > 0) {
          run.template parameter_gradient<Layer>(pass, parameter_offset<i>);
        }
        if constexpr (stage.bias != none) {
          if constexpr (graph.has_adjoint(stage.bias - 1, wrt_of<Runner>)) {
            sum_of_channels<i>(recording, pass.dy);
          }
        }
        if constexpr (stage.added > 0 && graph.is_only_added(stage.added)) {
          constexpr int shortcut = stage.added - 1;
          if constexpr (graph.adjoint_holder(shortcut) == shortcut) {
            hand_over<shortcut>(run, pass.dy, recording);
          }
        }
        if constexpr (stage.inputs[1] != none) input_gradient<i, 1>(run, recording, pass, dx);
        input_gradient<i, 0>(run, recording, pass, dx);
      }
    });
  }

 private:
  /// What is differentiated by, on a tape that may have inputs without adjoints.
  template <class Runner>
  static constexpr Wrt wrt_of = wants_parameters(Runner::wrt) ? Runner::wrt
                                : Runner::has_input_gradient  ? Wrt::inputs
                                                              : Wrt::nothing;

  static constexpr bool is_scratch_for_inputs = [] {
    bool is_needed = false;
    unroll<stages>([&](auto i) {
      is_needed = is_needed || (LayerAt<i>::scratch_size > 0 && !LayerAt<i>::is_affine);
    });
    return is_needed;
  }();

  template <class Number, class Epilogue>
  static auto plus(ConstPointerTo<Number> addend, const Epilogue& epilogue) {
    return kernels::Plus<Epilogue, Number>{addend, epilogue};
  }

  /// Adds the biases of stage `I`, if it has some.
  template <int I, class Number, class Epilogue>
  static auto plus_bias(const Recording<Number>& recording, const Epilogue& epilogue) {
    if constexpr (graph.at(I).bias == none) {
      return epilogue;
    } else {
      return kernels::PlusChannels<Network::template bias_channels<I>, Epilogue, Number>{
          recording.value[graph.at(I).bias], epilogue};
    }
  }

  /// The adjoint of stage `I`'s biases: the sum over positions of its own.
  template <int I, class Number>
  static void sum_of_channels(const Recording<Number>& recording, ConstPointerTo<Number> adjoint) {
    constexpr int channels = Network::template bias_channels<I>, producer = graph.at(I).bias - 1;
    const auto dy = kernels::elements_at(adjoint);
    const auto end = chain_rule<producer, Number>(recording.adjoint[producer]);
    for (int channel = 0; channel < channels; ++channel) {
      auto sum = dy[channel];
      for (int i = channel + channels; i < graph.at(I).size; i += channels) sum += dy[i];
      end(sum, channel * lanes);
    }
  }

  /// Stores an adjoint where the slope waits for it, or where there is none.
  template <int I, class Number>
  static auto chain_rule(PointerTo<Number> adjoint) {
    if constexpr (graph.at(I).is_linear()) {
      return kernels::StoreActivated<kernels::Identity, Number>{adjoint};
    } else {
      return kernels::MultiplyInto<Number>{adjoint};
    }
  }

  /// Adds the adjoints of the sums of stage `From` and later that `Value` goes into.
  template <int Value, int From = 0, class Number, class Epilogue>
  static auto plus_sums(const Recording<Number>& recording, const Epilogue& epilogue) {
    constexpr int adder = graph.next_adder(Value, From);
    if constexpr (adder == stages) {
      return epilogue;
    } else {
      return plus_sums<Value, adder + 1>(
          recording, plus<Number>(recording.template adjoint_of<adder>(), epilogue));
    }
  }

  /// The gradient of stage `I` by its input number `Input`, to where it goes.
  template <int I, int Input, class Runner, class Number>
  static void input_gradient(const Runner& run, const Recording<Number>& recording,
                             const Backward<Number, Weight>& pass, PointerTo<Number> dx) {
    constexpr int value = graph.at(I).inputs[Input], read = 2 * I + Input;
    if constexpr (value == 0) {
      if constexpr (Runner::has_input_gradient) {
        run.template input_gradient<LayerAt<I>, Input, Network::input_size>(
            pass, to_input<read>(run, recording, dx));
      }
    } else if constexpr (value < graph.condition) {
      if constexpr (graph.has_adjoint(value - 1, wrt_of<Runner>)) {
        run.template input_gradient<LayerAt<I>, Input, graph.at(value - 1).size>(
            pass, to_earlier_stage<value, read>(recording));
      }
    }
  }

  /// Where the gradient of read number `Read` goes, if it is of another stage's output.
  ///
  /// The last to come, the first that read the value, brings everything together.
  template <int Value, int Read, class Number>
  static auto to_earlier_stage(const Recording<Number>& recording) {
    constexpr int earlier = Value - 1;
    constexpr bool is_first = Read == graph.first_read(Value);
    constexpr bool is_last = Read == graph.last_read(Value);
    const PointerTo<Number> sum =
        graph.at(earlier).is_linear() ? recording.adjoint[earlier] : recording.sum[earlier];
    if constexpr (!is_first) {
      if constexpr (is_last) {
        return kernels::StoreActivated<kernels::Identity, Number>{sum};
      } else {
        return kernels::AddInto<Number>{sum};
      }
    } else {
      const auto end =
          plus_sums<Value>(recording, chain_rule<earlier, Number>(recording.adjoint[earlier]));
      if constexpr (is_last) {
        return end;
      } else {
        return plus<Number>(sum, end);
      }
    }
  }

  /// The same for the network's input, whose adjoint others add to as well.
  template <int Read, class Runner, class Number>
  static auto to_input(const Runner& run, const Recording<Number>& recording,
                       PointerTo<Number> adjoint) {
    const auto end = [&] {
      if constexpr (Read == graph.last_read(0)) {
        return run.first_addition(adjoint);
      } else {
        return kernels::AddInto<Number>{adjoint};
      }
    }();
    if constexpr (Read == graph.first_read(0)) {
      return plus_sums<0>(recording, end);
    } else {
      return end;
    }
  }

  /// Stage `I` gets the adjoint `dy` of its output.
  template <int I, class Runner, class Number>
  static void hand_over(const Runner& run, ConstPointerTo<Number> dy,
                        const Recording<Number>& recording) {
    constexpr int size = graph.at(I).size;
    run.template input_gradient<PassThrough::Bind<Shape<size>>, 0, size>(
        Backward<Number>{dy, {}, {}, {}, {}, {}}, chain_rule<I, Number>(recording.adjoint[I]));
  }
};

}  // namespace ebm::inline EBM_ABI::detail
