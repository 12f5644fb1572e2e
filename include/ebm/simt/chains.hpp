// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/langevin.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/simt/machine.hpp>
#include <ebm/simt/network.hpp>
#include <optional>

/// What a Langevin step does to each element, by threads.
namespace ebm::inline EBM_ABI::simt {

/// Whose normal numbers a launch draws; read when it runs, so that recorded launches can draw anew.
struct DrawNumbers {
  PhiloxKey key;
  std::uint64_t first_chain = 0;
};

/// x = domain(move(x) + deviation z): down the gradient, if there is one, then noise of step
/// `step`, if there is any. A thread takes the four elements that are drawn together.
///
/// Noise, Clip, Domain: the policies of `Langevin`
template <class T, class Noise, class Clip, class Domain, int Size>
struct Advance {
  T* x;               ///< [group][element][lane]
  const T* gradient;  ///< as x, or null: stay
  T step_size;
  Clip clip;
  Domain domain;
  T deviation;
  const DrawNumbers* draws;  ///< null: no noise
  std::uint32_t step;
  int groups;

  [[nodiscard]] Grid grid() const { return warp_grid(groups, quartets); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, quartets);
    if (task.group >= groups) return;
    const int begin = 4 * task.piece, end = std::min(begin + 4, Size);
    const kernels::Elements<L> state{x + task.offset(Size)};
    if (gradient == nullptr) {
      move_and_perturb(task, state, begin, end, kernels::Stay{});
    } else {
      const kernels::Descend<L, Clip, Domain> descend{
          {gradient + task.offset(Size)}, step_size, clip, domain};
      move_and_perturb(task, state, begin, end, descend);
    }
  }

 private:
  using L = kernels::OneThread<T>;
  static constexpr int quartets = (Size + 3) / 4;

  template <class Move>
  EBM_INLINE void move_and_perturb(const WarpTask& task, const kernels::Elements<L>& state,
                                   int begin, int end, const Move& move) const noexcept {
    if (draws == nullptr) {
      kernels::advance(state, begin, end, move);
    } else {
      const std::uint64_t chain = draws->first_chain +
                                  static_cast<std::uint64_t>(task.group) * warp_lanes +
                                  static_cast<std::uint64_t>(task.lane);
      Noise::apply(state, begin, end, move, deviation, ChainDraws<T, 1>(draws->key, chain), step,
                   domain);
    }
  }
};

/// Chains of Langevin dynamics for a network's energy on a machine: all steps of all chains, with
/// the same noise and to the same bits as `ebm::run_chains`.
template <class Network, class T, Machine M>
class MachineChains {
  using S = typename Network::Input;

 public:
  /// Room for `count` chains.
  MachineChains(M& machine, int count)
      : machine_(&machine),
        groups_(group_count(count)),
        states_(machine, lanes_of(S::size), "the chains"),
        gradient_(machine, lanes_of(S::size), "the chains' gradients"),
        downhill_(machine, lanes_of(1), "the scores' adjoints"),
        draws_(machine, 1, "the random numbers' place"),
        memory_(machine, MachineNetwork<Network, T, M>::template pass_size<Wrt::inputs>(groups_),
                "the values and slopes of a pass over the chains") {
    const std::vector<T> minus_one(lanes_of(1), T(-1));  // E = -f
    machine.upload(minus_one.data(), minus_one.size(), downhill_.data());
  }

  [[nodiscard]] int groups() const noexcept { return groups_; }

  /// The chains: [group][row][column][channel][lane].
  [[nodiscard]] T* states() noexcept { return states_.data(); }

  /// Runs all steps; lane k is chain `first_chain` + k.
  ///
  /// Throws `InvalidArgument` if an option of the sampler is out of range in `T`.
  template <class Sampler>
  void run(const MachineNetwork<Network, T, M>& network, const Sampler& sampler, int steps, Rng rng,
           std::uint64_t first_chain) {
    sampler.template require_options_fit<T>();
    const DrawNumbers numbers{rng.stream(Purpose::chain_noise), first_chain};
    machine_->upload(&numbers, 1, draws_.data());
    const Recorded wanted{network.frozen(), &type_tag<Sampler>, sampler.options(), steps};
    if (recorded_ != wanted) {
      recorded_ = wanted;
      recording_ = {};
    }
    machine_->replay(recording_, [&] { launch_steps(network, sampler, steps); });
  }

 private:
  [[nodiscard]] std::size_t lanes_of(int elements) const {
    return static_cast<std::size_t>(groups_) * warp_lanes * static_cast<std::size_t>(elements);
  }

  /// What the launches that were recorded depend on.
  struct Recorded {
    const T* frozen;
    const void* sampler_type;
    LangevinOptions options;
    int steps;

    bool operator==(const Recorded&) const = default;
  };
  template <class Sampler>
  static constexpr char type_tag = 0;  // its address tells samplers apart

  template <class Sampler>
  void launch_steps(const MachineNetwork<Network, T, M>& network, const Sampler& sampler,
                    int steps) {
    const LangevinOptions& options = sampler.options();
    Advance<T, typename Sampler::NoisePolicy, typename Sampler::template ClipPolicy<T>,
            typename Sampler::template DomainPolicy<T>, S::size>
        advance{.x = states_.data(),
                .gradient = nullptr,
                .step_size = T(0),
                .clip = typename Sampler::template ClipPolicy<T>(options),
                .domain = typename Sampler::template DomainPolicy<T>(options),
                .deviation = static_cast<T>(options.noise),
                .draws = draws_.data(),
                .step = 0,
                .groups = groups_};
    if (steps > 0 && !Sampler::noise_is_last) machine_->launch(advance);
    advance.gradient = gradient_.data();
    for (int step = 0; step < steps; ++step) {
      PassMemory<T> memory{memory_.data(), memory_.data() + memory_.size()};
      const OnMachine<T, M, Wrt::inputs> run{*machine_, memory, groups_};
      const auto recording = network.forward(run, std::as_const(states_).data());
      network.backward(run, recording, std::as_const(downhill_).data(), gradient_.data());
      advance.step_size = static_cast<T>(Sampler::StepSizePolicy::size(options, step));
      advance.step = static_cast<std::uint32_t>(Sampler::noise_is_last ? step : step + 1);
      if (!Sampler::noise_is_last && step + 1 == steps) advance.draws = nullptr;
      machine_->launch(advance);
    }
  }

  M* machine_;
  int groups_;
  typename M::template Array<T> states_, gradient_, downhill_;
  typename M::template Array<DrawNumbers> draws_;
  typename M::template Array<T> memory_;
  typename M::Recording recording_;
  std::optional<Recorded> recorded_;
};

}  // namespace ebm::inline EBM_ABI::simt
