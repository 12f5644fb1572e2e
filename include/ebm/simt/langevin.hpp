// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/langevin.hpp>
#include <ebm/simt/grid.hpp>

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

}  // namespace ebm::inline EBM_ABI::simt
