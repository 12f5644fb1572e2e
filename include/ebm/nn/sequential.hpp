// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/autodiff/tape.hpp>
#include <ebm/nn/frozen.hpp>

/// A network as a chain of layers, with shapes worked out at compile time.
namespace ebm::inline EBM_ABI {

namespace detail {

/// What a network takes: a sample, and perhaps a condition.
template <class Inputs>
struct NetworkInputs {
  using Sample = Inputs;
  using Condition = void;
};
template <class SampleShape, class ConditionShape>
struct NetworkInputs<Conditioned<SampleShape, ConditionShape>> {
  using Sample = SampleShape;
  using Condition = ConditionShape;
};

/// How a network finds the packs of a tape's variables: it reads and writes them where they are.
template <class Number>
struct NetworkBlock {
  template <class Tape>
  static ConstPointerTo<Number> elements(Tape&, const Pack<Number>* packs, int) {
    return reinterpret_cast<const Number*>(packs);
  }
  template <class Tape>
  static const Pack<Number>* packs(Tape&, ConstPointerTo<Number> elements, int) {
    return reinterpret_cast<const Pack<Number>*>(elements);
  }
  template <class Tape>
  static PointerTo<Number> adjoint(Tape&, Pack<Number>* packs, int) {
    return reinterpret_cast<Number*>(packs);
  }
  static void add(PointerTo<Number>, Pack<Number>*, int) {}
};

/// Duals of a tape have their tangents beside the values, those of a network apart: copies.
template <class T>
struct NetworkBlock<WithTangent<T>> {
  using Number = WithTangent<T>;
  using Real = RealOf<Number>;
  using P = PackOf<Number>;
  using Pointer = PointerTo<Number>;

  template <class Tape>
  static Pointer room(Tape& tape, int count) {
    return cut_room<Number>(reinterpret_cast<Real*>(tape.allocate(count)),
                            std::ptrdiff_t{count} * lanes);
  }
  template <class Tape>
  static Pointer elements(Tape& tape, const P* packs, int count) {
    const Pointer to = room(tape, count);
    for (int i = 0; i < count; ++i) store_to(to + std::ptrdiff_t{i} * lanes, packs[i]);
    return to;
  }
  template <class Tape>
  static P* packs(Tape& tape, ConstPointerTo<Number> from, int count) {
    P* const to = tape.allocate(count);
    for (int i = 0; i < count; ++i) to[i] = load_from<P>(from + std::ptrdiff_t{i} * lanes);
    return to;
  }
  /// Zeros, to which a network adds.
  template <class Tape>
  static Pointer adjoint(Tape& tape, const P* packs, int count) {
    if (packs == nullptr) return {};
    const Pointer to = room(tape, count);
    for (int i = 0; i < count; ++i) store_to(to + std::ptrdiff_t{i} * lanes, P(Real(0)));
    return to;
  }
  static void add(const Pointer& from, P* packs, int count) {
    if (packs == nullptr) return;
    for (int i = 0; i < count; ++i) packs[i] += load_from<P>(from + std::ptrdiff_t{i} * lanes);
  }
};

}  // namespace detail

/// Layers one after the other, bound to an input shape.
///
/// `Sequential<Shape<2>, Linear<64>, Swish, Linear<1>>`; the layers need no shapes of their own,
/// and one that doesn't fit is a compile-time error. Activations, and the sums of `Residual`
/// blocks, are fused into the layer before them. An empty type: parameters come from outside.
///
/// Inputs: the shape of a sample, or `Conditioned`, which adds that of a condition
template <class Inputs, class... Layers>
class Sequential {
  static_assert(sizeof...(Layers) > 0, "Sequential needs at least one layer");

 public:
  using Input = Inputs;

 private:
  using Sample = typename detail::NetworkInputs<Input>::Sample;
  using Expanded =
      detail::Chain<Sample, typename detail::NetworkInputs<Input>::Condition, Layers...>;

 public:
  /// The stages that the layers became.
  using Layout = detail::Layout<Sample, Expanded>;

 private:
  static constexpr int stages = Layout::stages;

 public:
  using Output = typename Expanded::Output;

  /// Elements of all parameters.
  static constexpr int parameter_count = Layout::template parameter_offset<stages>;

  /// Multiply-adds of one sample's forward pass, those with padding included; an input gradient
  /// makes as many again.
  static constexpr std::int64_t multiply_adds = [] {
    std::int64_t count = 0;
    unroll<stages>([&](auto i) { count += Layout::template LayerAt<i>::multiply_adds; });
    return count;
  }();

  /// Packs that `apply` takes from a tape with this choice of `Wrt` for one block.
  template <Wrt W>
  static constexpr int recorded_packs = [] {
    constexpr auto graph = Layout::graph;
    int packs = Output::size;
    if (!wants_parameters(W)) {
      for (const int size : graph.plan(W != Wrt::nothing).sizes) packs += size;
    }
    for (int i = 0; i < stages; ++i) {
      const int size = graph.at(i).size;
      if (wants_parameters(W) && i < stages - 1) packs += size;
      if (graph.has_adjoint(i, W) && graph.needs_sum(i) &&
          (wants_parameters(W) || graph.is_needed(i + 1))) {
        packs += size;
      }
      if (graph.has_adjoint(i, W) && graph.adjoint_holder(i) == i) packs += size;
    }
    unroll<stages>([&](auto i) { packs += Layout::template LayerAt<i>::saved_size; });
    if (W != Wrt::nothing) packs += Output::size;  // the adjoint of the output
    return packs;
  }();

  /// Names, shapes and places of the parameters: layers are counted by kind, from 1, in each block.
  static std::vector<ParameterInfo> parameter_infos() {
    return detail::NetworkParameters<Sequential>::infos();
  }

  /// The network's output for the block `x`, on the tape of `x`; conditions get no adjoint.
  ///
  /// weights: of a `Frozen<Sequential, P>` that outlives the recording
  template <class P, class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, typename P::value_type>
  static auto apply(detail::FrozenWeights<Layout, P> weights, const Var<Tape, Input, Active>& x) {
    using Number = typename Tape::number;
    using Code = detail::NetworkPasses<Tape::wrt, Active, Sequential, Number, P>;
    using Block = detail::NetworkBlock<Number>;
    constexpr bool differentiable = Active || wants_parameters(Tape::wrt);
    Tape& tape = *x.tape();
    const auto sample = Block::elements(tape, x.data(), Sample::size);
    const auto condition = Block::elements(tape, x.data() + Sample::size, Input::condition_size);
    const auto recording = Code::forward(tape, weights, sample, condition);
    const auto y = tape.template make_var<Output, differentiable>(
        Block::packs(tape, recording.output(), Output::size));
    if constexpr (differentiable) {
      tape.on_backward([recording, x, y] {
        Tape& t = *x.tape();
        const auto dx = Block::adjoint(t, x.adjoint_data(), Sample::size);
        Code::backward(t, recording, Block::elements(t, y.adjoint_data(), Output::size), dx);
        Block::add(dx, x.adjoint_data(), Sample::size);
      });
    }
    return y;
  }
};

/// Bytes that a Langevin step of one block of 16 chains reads and writes, where the energy is the
/// network `Net`: the chains, their gradient, what the network records, and its weights, packed for
/// both directions.
///
/// Steps run at full speed where a core's second-level cache holds about that much; the weights are
/// shared by all cores, the rest is each core's own.
/// T: float, double or a `Precision`
template <class Net, class T = float>
constexpr std::size_t working_set_bytes() {
  using P = PrecisionOf<T>;
  constexpr int packs = 2 * Net::Input::size + Net::template recorded_packs<Wrt::inputs>;
  return packs * sizeof(Pack<typename P::value_type>) +
         Frozen<Net, P>::size * sizeof(typename P::weight_type);
}

}  // namespace ebm::inline EBM_ABI
