// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/sampler/transition.hpp>
#include <functional>
#include <limits>

/// The one loop over blocks of chains, steps and what is seen of them.
namespace ebm::inline EBM_ABI {

/// Options of a run of chains.
template <class T = float>
struct ChainRun {
  int steps = 60;  ///< of each chain, K >= 0
  Rng rng{};
  /// Number of the first row's chain. The same seed and numbers draw the same noise again: to go on
  /// with chains that have run already, give other ones.
  std::uint64_t first_chain = 0;
  /// Elements that stay where they are, bit by bit, beside conditions, [chain][feature]; null:
  /// none. With exact gradients and no bounds the others follow their distribution given the held
  /// ones.
  const ElementMask* hold = nullptr;
  int every = 0;  ///< steps from one call of `observe` to the next; 0: none
  /// Sees `states`, [chain][feature], of the chains from row `first` on when `steps_done` are done.
  /// Workers call it side by side, for other rows each.
  std::function<void(int steps_done, Eigen::Index first, const ConstSamplesRef<T>& states)>
      observe{};
  /// Whether chains must stay finite; false: those that don't are left as they are.
  bool require_finite = true;
};

/// What a worker needs to move chains.
template <class T>
struct ChainSlot {
  Tape<T, Wrt::inputs> tape;
  AlignedVector<Pack<T>> state;  ///< a block of chains, [element][lane]
  AlignedVector<Pack<T>> room;   ///< the walk's
  AlignedVector<Pack<T>> held;   ///< the values of elements that stay, where some do
  Samples<T> seen;               ///< the chains of a block, where they are observed
  ChainReport report;
};

namespace detail {

/// The first of so many lanes of a block that holds a value which is not finite; `count`: none.
///
/// values: [element][lane]
template <class T>
[[nodiscard]] int lane_not_finite(std::span<const Pack<T>> values, int count) noexcept {
  const Pack<T> infinity(std::numeric_limits<T>::infinity());
  Pack<T> bad(T(0));
  for (const Pack<T>& value : values) bad = select(abs(value) < infinity, bad, Pack<T>(T(1)));
  int lane = 0;
  while (lane < count && bad.lane(lane) == T(0)) ++lane;
  return lane;
}

}  // namespace detail

/// Kept between runs, so that warm runs allocate nothing.
template <class T>
using Workspace = PerWorker<ChainSlot<T>>;

/// Moves chains by a transition, and leaves their final states in `chains`.
///
/// All steps of a block of 16 chains run on one worker before the next block is taken. A chain's
/// states depend on its number, its start and the seed alone: not on its neighbours or the threads.
/// chains: [chain][feature], finite; row i is chain `first_chain` + i
/// Throws `InvalidArgument` if the features don't fit the energy, a value or a parameter of the
/// energy is not finite, or an option is out of range; `Error`, which names the chain and its step,
/// if a chain does not stay finite.
template <class K, class E, Executor X, class T>
  requires Transition<K, T> && Energy<E, T>
ChainReport run_chains(const K& transition, const E& energy,
                       std::type_identity_t<SamplesRef<T>> chains,
                       const std::type_identity_t<ChainRun<T>>& run, X&& executor,
                       Workspace<T>& workspace) {
  using S = typename E::Input;
  using Walk = typename K::template Walk<S, T>;
  require_samples<T>("run_chains", chains, S::size);
  if (run.require_finite) require_finite_parameters("run_chains", energy);
  require(run.steps >= 0, "run_chains: steps must be >= 0, got ", run.steps);
  require(run.every >= 0, "run_chains: every must be >= 0, got ", run.every);
  if (run.hold != nullptr) {
    require(run.hold->rows() == chains.rows() && run.hold->cols() == chains.cols(),
            "run_chains: ", chains.rows(), " chains of ", chains.cols(),
            " features expect a mask of that size, got ", run.hold->rows(), "x", run.hold->cols());
  }
  transition.template require_options_fit<T>();
  workspace.prepare(executor);
  for (int worker = 0; worker < executor.workers(); ++worker) workspace[worker].report = {};
  const bool is_observed = run.every > 0 && run.observe;
  executor.for_each(block_count(chains.rows()), [&](int index, int worker) {
    ChainSlot<T>& slot = workspace[worker];
    slot.state.resize(S::size);
    slot.room.resize(static_cast<std::size_t>(Walk::room));
    const Eigen::Index first = Eigen::Index{index} * lanes;
    const int count = block_fill(chains.rows(), index);
    ChainBlock<S, T> block{.x = slot.state.data(),
                           .room = slot.room.data(),
                           .held = {},
                           .rng = run.rng,
                           .first_chain = run.first_chain + static_cast<std::uint64_t>(first),
                           .tape = &slot.tape};
    const auto& energy_of_block = at_block<T>(energy, first, count);
    const auto first_lost = [&] {
      return run.require_finite
                 ? detail::lane_not_finite<T>(std::span<const Pack<T>>(slot.state), count)
                 : count;
    };
    // Where a chain has not stayed finite its steps are made again, to say which was the first.
    for (bool is_again = false;; is_again = true) {
      load_block<S, T>(chains, index, block.x);
      if (run.hold != nullptr || S::condition_size > 0) {
        block.held = {S{}, run.hold, block.x, index, slot.held};
      }
      Walk walk(transition, block);
      for (int step = 0; step < run.steps; ++step) {
        const bool is_last = step + 1 == run.steps;
        const bool is_seen = is_observed && (step + 1) % run.every == 0 && !is_again;
        walk.step(energy_of_block, step, is_last || is_seen || is_again);
        if (is_seen) {
          slot.seen.resize(count, S::size);
          store_block<S, T>(block.x, 0, slot.seen);
          run.observe(step + 1, first, slot.seen);
        }
        if (is_again && first_lost() < count) {
          throw Error(sentence("run_chains: chain ", first + first_lost(),
                               " is not finite after step ", step + 1, " of ", run.steps,
                               ": the steps are too large, or the energy has no value there"));
        }
      }
      if (first_lost() < count) continue;
      store_block<S>(block.x, index, chains);
      slot.report += walk.report(count);
      return;
    }
  });
  ChainReport report;
  for (int worker = 0; worker < executor.workers(); ++worker) report += workspace[worker].report;
  return report;
}

/// The same for a single run.
template <class K, class E, class Chains, Executor X = Serial>
ChainReport run_chains(const K& transition, const E& energy, Chains&& chains,
                       const ChainRun<typename std::remove_cvref_t<Chains>::Scalar>& run = {},
                       X&& executor = {}) {
  Workspace<typename std::remove_cvref_t<Chains>::Scalar> workspace;
  return run_chains(transition, energy, chains, run, executor, workspace);
}

/// The final states of chains that start at `start`, [chain][feature]; see `run_chains`.
template <class K, class E, class Start, Executor X = Serial, class T = typename Start::Scalar>
[[nodiscard]] Samples<T> chain_ends(const K& transition, const E& energy, const Start& start,
                                    const std::type_identity_t<ChainRun<T>>& run = {},
                                    X&& executor = {}) {
  Samples<T> chains = start;
  run_chains(transition, energy, chains, run, executor);
  return chains;
}

/// The states of chains that start at `start`, after every `run.every`-th step, first to last; see
/// `run_chains`, whose `run.observe` it takes for itself.
///
/// result: [snapshot][chain][feature], floor(steps / every) snapshots
/// Throws `InvalidArgument` also unless run.every >= 1.
template <class K, class E, class Start, Executor X = Serial, class T = typename Start::Scalar>
[[nodiscard]] std::vector<Samples<T>> chain_trace(const K& transition, const E& energy,
                                                  const Start& start,
                                                  std::type_identity_t<ChainRun<T>> run,
                                                  X&& executor = {}) {
  require(run.every >= 1, "chain_trace: every must be >= 1, got ", run.every);
  Samples<T> chains = start;
  std::vector<Samples<T>> snapshots(static_cast<std::size_t>(std::max(0, run.steps) / run.every),
                                    Samples<T>(chains.rows(), chains.cols()));
  run.observe = [&](int steps_done, Eigen::Index first, const ConstSamplesRef<T>& states) {
    Samples<T>& snapshot = snapshots[static_cast<std::size_t>(steps_done / run.every - 1)];
    for (Eigen::Index i = 0; i < states.rows(); ++i) copy_sample(states, i, snapshot, first + i);
  };
  run_chains(transition, energy, chains, run, executor);
  return snapshots;
}

}  // namespace ebm::inline EBM_ABI
