// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/sequential.hpp>
#include <ebm/simt/correlate.hpp>
#include <ebm/simt/machine.hpp>
#include <ebm/simt/parameter_gradient.hpp>

/// What threads do element by element, one lane each.
namespace ebm::inline EBM_ABI::simt {

/// epilogue(rule(x, i)) for each element i of the output.
///
/// Rule: `rule(kernels::Elements, int)` gives an element of the output; sizes are elements a lane
template <class T, class Rule, class Epilogue, int InputSize, int OutputSize>
struct ForEachElement {
  const T* in;  ///< [group][element][lane]
  Rule rule;
  Epilogue epilogue;
  int groups;

  [[nodiscard]] Grid grid() const { return warp_grid(groups, OutputSize); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    using L = kernels::OneThread<T>;
    const WarpTask task(thread, OutputSize);
    if (task.group >= groups) return;
    const kernels::Elements<L, const T> x{in + task.offset(InputSize)};
    epilogue.at(task.offset(OutputSize))(rule(x, task.piece), task.piece * warp_lanes);
  }
};

/// Satisfied by layers with weights that threads can compute: `Conv2d` and `Linear`.
template <class Layer>
concept WeightLayer = requires {
  Layer::forward_correlation();
  typename Layer::Places;
};

/// Satisfied by layers that compute each element by itself.
template <class Layer>
concept ElementLayer = requires { typename Layer::ElementRule; };

namespace detail {

template <class Rule>
struct OutputRule {
  template <class X>
  EBM_INLINE auto operator()(const X& x, int i) const noexcept {
    return Rule::output(x, i);
  }
};
template <class Rule>
struct GradientRule {
  template <class X>
  EBM_INLINE auto operator()(const X& dy, int i) const noexcept {
    return Rule::gradient(dy, i);
  }
};

}  // namespace detail

/// Memory for the values and adjoints of one pass over `groups` groups of lanes.
template <class T>
struct PassMemory {
  T* next;
  T* end;

  [[nodiscard]] T* take(std::ptrdiff_t elements) {
    require(elements <= end - next, "PassMemory: a pass needs more memory than was counted");
    return std::exchange(next, next + elements);
  }
};

/// Runs the layers of a network on a machine, each as one launch for all groups of lanes; see
/// `ebm::detail::OnTape`.
template <class T, class M, Wrt W>
struct OnMachine {
  using Number = T;
  static constexpr Wrt wrt = W;
  static constexpr bool has_input_gradient = wants_inputs(W);
  M& machine;
  PassMemory<T>& memory;
  int groups;
  T* gradients = nullptr;  ///< [block], `parameters` apart
  int parameters = 0;
  SampleBlocks samples{};

  [[nodiscard]] T* allocate(int elements) const {
    return memory.take(std::ptrdiff_t{elements} * warp_lanes * groups);
  }

  template <class Layer, class Epilogue>
  void forward(const Forward<T>& pass, const Epilogue& epilogue) const {
    if constexpr (WeightLayer<Layer>) {
      constexpr kernels::Correlation c = ThreadTiles<Layer>::forward;
      machine.launch(Correlate<T, Epilogue, Layer::Output::size, c>{
          pass.x, pass.frozen, Layer::bias(pass.frozen), epilogue, groups});
    } else {
      using Rule = detail::OutputRule<typename Layer::ElementRule>;
      machine.launch(ForEachElement<T, Rule, Epilogue, Layer::Input::size, Layer::Output::size>{
          pass.x, {}, epilogue, groups});
    }
  }

  template <class Layer, int Input, int Size, class Epilogue>
  void input_gradient(const Backward<T>& pass, const Epilogue& epilogue) const {
    if constexpr (WeightLayer<Layer>) {
      [&]<int... Residue>(std::integer_sequence<int, Residue...>) {
        machine.launch(Correlate<T, Epilogue, Size, ThreadTiles<Layer>::gradient(Residue)...>{
            pass.dy, pass.frozen + Layer::gradient_offset, nullptr, epilogue, groups});
      }(std::make_integer_sequence<int, Layer::residues>{});
    } else {
      using Rule = detail::GradientRule<typename Layer::ElementRule>;
      machine.launch(ForEachElement<T, Rule, Epilogue, Layer::Output::size, Size>{
          pass.dy, {}, epilogue, groups});
    }
  }

  template <class Layer>
  void parameter_gradient(const Backward<T>& pass, int offset) const {
    constexpr kernels::Convolution c = Layer::convolution;
    machine.launch(TransposeAdjoints<T, c>{pass.dy, pass.scratch, samples});
    machine.launch(
        WeightGradient<T, c>{pass.x, pass.scratch, gradients + offset, parameters, samples});
    if constexpr (Layer::bias_count > 0) {
      machine.launch(BiasGradient<T, c>{pass.scratch, gradients + offset + Layer::weight_count,
                                        parameters, samples});
    }
  }

  /// Nobody else has put anything there: it need not stand at zero.
  [[nodiscard]] static auto first_addition(T* adjoint) { return kernels::AddToZero<T>{adjoint}; }
};

/// A network's frozen weights on a machine, and its passes there.
///
/// T: float or double; Network: a `Sequential` of Conv2d, Linear, AveragePool, Flatten, activations
/// and Residual blocks of these
template <class Network, class T, Machine M>
class MachineNetwork {
  using P = PrecisionOf<T>;
  using Layout = typename Network::Layout;
  using Passes = ebm::detail::Passes<Layout, P>;
  using Weights = ebm::detail::FrozenWeights<Layout, P, T>;
  static_assert(Network::Input::condition_size == 0,
                "a GPU computes networks without a condition; the network is over Conditioned");

 public:
  using Input = typename Network::Input;

  explicit MachineNetwork(M& machine)
      : machine_(&machine),
        parameters_(machine, Network::parameter_count, "the parameters"),
        frozen_(machine, Weights::size, "the frozen weights") {}

  /// PyTorch's layout; `freeze` makes a change count.
  [[nodiscard]] auto& parameters() noexcept { return parameters_; }
  [[nodiscard]] const auto& parameters() const noexcept { return parameters_; }

  /// The weights as the passes read them; they stay in their place.
  [[nodiscard]] const T* frozen() const noexcept { return frozen_.data(); }

  /// Makes changed parameters count.
  void freeze() {
    unroll<Layout::stages>([&](auto i) {
      using Layer = typename Layout::template LayerAt<i>;
      static_assert(WeightLayer<Layer> || ElementLayer<Layer>,
                    "a GPU computes Conv2d, Linear, AveragePool, Flatten and activations; the "
                    "network has a layer that is none of these");
      if constexpr (WeightLayer<Layer>) {
        machine_->launch(Freeze<T, Layer>{parameters_.data() + Layout::template parameter_offset<i>,
                                          Weights(frozen_.data()).template at<i>()});
      }
    });
  }

  /// Elements that a pass over `groups` groups takes from its memory.
  template <Wrt W>
  static std::size_t pass_size(int groups) {
    const int packs =
        Network::template recorded_packs<W> + (wants_parameters(W) ? Passes::scratch_size : 0);
    return static_cast<std::size_t>(packs) * static_cast<std::size_t>(warp_lanes * groups);
  }

  /// f(x) for each lane: [group][lane], in `memory`.
  auto forward(const auto& run, const T* x) const {
    return Passes::forward(run, ebm::detail::FrozenWeights<Layout, P>(frozen_.data()), x, nullptr);
  }

  static void backward(const auto& run, const auto& recording, const T* dy, T* dx) {
    Passes::backward(run, recording, dy, dx);
  }

 private:
  M* machine_;
  typename M::template Array<T> parameters_, frozen_;
};

}  // namespace ebm::inline EBM_ABI::simt
