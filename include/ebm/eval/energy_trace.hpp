// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/energy/evaluate.hpp>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

/// The energies of chains on their way.
namespace ebm::inline EBM_ABI {

namespace detail {

/// Puts E(x) of each state into `to`, and NaN for a chain that is lost.
template <class E, class T, class X>
void trace_energies(const E& energy, const ConstSamplesRef<T>& states, double farthest,
                    X&& executor, std::span<double> to) {
  Samples<T> kept = states;
  std::vector<Eigen::Index> lost;
  for (Eigen::Index chain = 0; chain < kept.rows(); ++chain) {
    const auto state = sample_of(kept, chain);
    const auto stays = [&](T x) { return std::abs(static_cast<double>(x)) <= farthest; };
    if (!std::all_of(state.begin(), state.end(), stays)) {
      std::fill(state.begin(), state.end(), T(0));  // for `energies` throws where it is not finite
      lost.push_back(chain);
    }
  }
  const auto values = energies(energy, kept, executor);
  for (Eigen::Index chain = 0; chain < kept.rows(); ++chain) {
    to[static_cast<std::size_t>(chain)] = static_cast<double>(values[chain]);
  }
  for (const Eigen::Index chain : lost) {
    to[static_cast<std::size_t>(chain)] = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace detail

/// E of chains in each snapshot, such as `chain_trace` gives, for `energy_statistics`.
///
/// snapshots: [snapshot], each [chain][feature], of float or double; farthest: a chain with an
/// element outside of [-farthest, farthest] is lost; result: [snapshot][chain], NaN where it is
/// Throws `InvalidArgument` for another number of features or of chains.
template <class E, class T, Executor X = Serial>
  requires Energy<E, T>
[[nodiscard]] Samples<double> energy_trace(const E& energy,
                                           const std::vector<Samples<T>>& snapshots,
                                           double farthest = std::numeric_limits<double>::max(),
                                           X&& executor = {}) {
  const Eigen::Index chains = snapshots.empty() ? 0 : snapshots.front().rows();
  Samples<double> trace(static_cast<Eigen::Index>(snapshots.size()), chains);
  for (Eigen::Index time = 0; time < trace.rows(); ++time) {
    const Samples<T>& states = snapshots[static_cast<std::size_t>(time)];
    require(states.rows() == chains, "energy_trace: snapshot ", time, " has ", states.rows(),
            " chains, the first one ", chains);
    detail::trace_energies<E, T>(energy, states, farthest, executor, sample_of(trace, time));
  }
  return trace;
}

/// The same on the way, without the states: `run.observe = std::ref(trace)` sees the chains of a
/// run after every `run.every`-th step.
///
/// Workers may call it side by side for other chains each, as `run_chains` does.
template <class E>
class EnergyTrace {
 public:
  /// Of `chains` chains over `steps` steps, with one time every `every` steps; `energy` must
  /// outlive the trace.
  ///
  /// Throws `InvalidArgument` unless chains >= 0, steps >= 0 and every >= 1.
  EnergyTrace(const E& energy, Eigen::Index chains, int steps, int every,
              double farthest = std::numeric_limits<double>::max())
      : energy_(&energy), every_(every), farthest_(farthest) {
    require(chains >= 0 && steps >= 0 && every >= 1,
            "EnergyTrace: expected chains >= 0, steps >= 0 and every >= 1, got ", chains, ", ",
            steps, " and ", every);
    energies_.setConstant(steps / every, chains, std::numeric_limits<double>::quiet_NaN());
  }

  /// See `ChainRun::observe`; throws `InvalidArgument` for chains or a step that it has no room
  /// for.
  template <class T>
  void operator()(int steps_done, Eigen::Index first, const ConstSamplesRef<T>& states) {
    require(steps_done >= every_ && steps_done % every_ == 0 &&
                steps_done / every_ <= energies_.rows() &&
                first + states.rows() <= energies_.cols(),
            "EnergyTrace: got ", first + states.rows(), " chains after ", steps_done,
            " steps, expected ", energies_.cols(), " or fewer and a multiple of ", every_,
            " up to ", energies_.rows() * every_);
    const auto& energy_of_block = at_block<T>(*energy_, first, static_cast<int>(states.rows()));
    detail::trace_energies<std::remove_cvref_t<decltype(energy_of_block)>, T>(
        energy_of_block, states, farthest_, Serial{},
        sample_of(energies_, steps_done / every_ - 1)
            .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(states.rows())));
  }

  /// [time][chain], NaN where a chain is lost or has not been seen
  [[nodiscard]] const Samples<double>& energies() const noexcept { return energies_; }

 private:
  const E* energy_;
  int every_;
  double farthest_;
  Samples<double> energies_;
};

}  // namespace ebm::inline EBM_ABI
