// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/autodiff/tape.hpp>
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/hold.hpp>

/// What moves chains: the transition of a Markov chain.
namespace ebm::inline EBM_ABI {

/// What chains have done, added up over all of them.
struct ChainReport {
  std::int64_t gradient_evaluations = 0;
  std::int64_t proposals = 0;  ///< that could be rejected; 0 where every step is taken
  std::int64_t accepted = 0;   ///< of these
  std::int64_t guarded = 0;    ///< chains that a guard has looked at; 0 where there is none
  std::int64_t lost = 0;       ///< of these, and replaced

  /// The share of proposals that were accepted, in [0, 1]; 1 if there were none.
  [[nodiscard]] double acceptance() const {
    return proposals == 0 ? 1 : static_cast<double>(accepted) / static_cast<double>(proposals);
  }

  ChainReport& operator+=(const ChainReport& other) {
    gradient_evaluations += other.gradient_evaluations;
    proposals += other.proposals;
    accepted += other.accepted;
    guarded += other.guarded;
    lost += other.lost;
    return *this;
  }
  friend bool operator==(const ChainReport&, const ChainReport&) = default;
};

/// A block of 16 chains on its way, and all that a transition needs to move it.
template <class S, class T>
struct ChainBlock {
  Pack<T>* x;            ///< the states, [row][column][channel]
  Pack<T>* room;         ///< as many packs as the walk asks for; kept from step to step
  HeldElements<T> held;  ///< to be restored after each change of `x`
  Rng rng;
  std::uint64_t first_chain;  ///< number of the first lane's chain
  Tape<T, Wrt::inputs>* tape;

  /// The random numbers of these chains for one purpose.
  [[nodiscard]] ChainDraws<T> draws(Purpose purpose) const {
    return ChainDraws<T>(rng.stream(purpose), first_chain);
  }

  /// An energy and its gradient; the gradient stays until the next evaluation.
  struct Evaluation {
    Pack<T> energy;
    Pack<T>* gradient;  ///< dE/dx, [row][column][channel]
  };

  /// E and dE/dx at `at`, [row][column][channel].
  template <class E>
  [[nodiscard]] Evaluation evaluate(const E& energy, const Pack<T>* at) const {
    tape->clear();
    const auto input = tape->template input<S>(at);
    const auto value = energy(input);
    tape->backward(value);
    return {value.value(), input.adjoint_data()};
  }
};

/// Satisfied by types that move chains for exp(-E), or towards its likely places.
///
/// `K::Walk<S, T>` moves one block of chains of shape `S`:
/// - `Walk(transition, block)`: `block` is a `ChainBlock` that lives as long as the walk.
/// - `Walk::room` is how many packs it wants of `block.room`.
/// - `walk.step(energy, step, is_seen)` makes step number `step`, from 0; random numbers depend on
///   the chain, the step and the seed alone. Without `is_seen` nobody looks at the states before
///   the next step, and the walk may have begun that already.
/// - `walk.report(chains)` is what the first `chains` lanes have done.
///
/// `require_options_fit<T>()` throws `InvalidArgument` if an option is out of range in `T`.
/// A transition that keeps chains within bounds has `domain<T>()`, see `Box`; data that chains are
/// compared with must lie there.
template <class K, class T = float>
concept Transition =
    requires(const K& transition, const ChainBlock<Shape<2>, T>& block, const Gaussian<2>& energy,
             typename K::template Walk<Shape<2>, T>& walk, int step, bool is_seen) {
      typename K::template Walk<Shape<2>, T>;
      requires std::constructible_from<typename K::template Walk<Shape<2>, T>, const K&,
                                       const ChainBlock<Shape<2>, T>&>;
      { K::template Walk<Shape<2>, T>::room } -> std::convertible_to<int>;
      walk.step(energy, step, is_seen);
      { walk.report(step) } -> std::same_as<ChainReport>;
      transition.template require_options_fit<T>();
    };

}  // namespace ebm::inline EBM_ABI
