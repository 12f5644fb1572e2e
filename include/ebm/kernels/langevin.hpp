// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ebm/kernels/lanes.hpp>
#include <ebm/random/normal.hpp>

/// The element-wise halves of a Langevin step on a block.
///
/// Between two gradients a chain moves down the old one and gets the noise of the next step. Both
/// are made in one pass, a `move` of each element, then noise.
namespace ebm::inline EBM_ABI::kernels {

/// A move that leaves each element where it is.
struct Stay {
  template <class V>
  EBM_INLINE V operator()(const V& x, int) const noexcept {
    return x;
  }
};

/// A move down the gradient: domain(x - step_size clip(g)).
template <class L, class Clip, class Domain>
struct Descend {
  using T = typename L::value_type;
  Elements<L, const T> gradient;
  T step_size;
  const Clip& clip;
  const Domain& domain;

  template <class V>
  EBM_INLINE V operator()(const V& x, int element) const noexcept {
    return domain(fma(V(-step_size), clip(gradient[element]), x));
  }
};

/// x = move(x) for the elements [begin, end).
template <class L, class T, class Move>
EBM_INLINE void advance(const Elements<L, T>& x, int begin, int end, const Move& move) noexcept {
  for (int i = begin; i < end; ++i) x.store(i, move(x[i], i));
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"  // g++ 13: where 8 divide `end`
#endif

/// x = domain(move(x) + deviation z) for the elements [begin, end), with standard normal z of step
/// `step`; begin is a multiple of 4, elements that are drawn together.
template <class L, class T, class Move, class Domain>
EBM_INLINE void advance_and_perturb(const Elements<L, T>& x, int begin, int end, const Move& move,
                                    T deviation, const ChainDraws<T, L::Vector::size>& draws,
                                    std::uint32_t step, const Domain& domain) noexcept {
  using V = typename L::Vector;
  const V scale(deviation);
  const auto perturb = [&](int first, int count, const auto& z) EBM_INLINE_LAMBDA {
    for (int i = 0; i < count; ++i) {
      const V moved = move(x[first + i], first + i);
      x.store(first + i, domain(fma(scale, z[static_cast<std::size_t>(i)], moved)));
    }
  };
  const auto group_of = [](int element)
                            EBM_INLINE_LAMBDA { return static_cast<std::uint32_t>(element / 4); };
  int first = begin;
  for (; first + 8 <= end; first += 8) {
    perturb(first, 8, draws.template normal<2>(step, group_of(first)));
  }
  for (; first < end; first += 4) {
    perturb(first, std::min(4, end - first), draws.normal(step, group_of(first)));
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// x = standard normal z of step `step` for the elements [0, size).
template <class L, class T>
EBM_INLINE void draw_normal(const Elements<L, T>& x, int size,
                            const ChainDraws<T, L::Vector::size>& draws,
                            std::uint32_t step) noexcept {
  using V = typename L::Vector;
  const auto to_zero = [](const V&, int) EBM_INLINE_LAMBDA { return V(T(0)); };
  const auto anywhere = [](const V& z) EBM_INLINE_LAMBDA { return z; };
  advance_and_perturb(x, 0, size, to_zero, T(1), draws, step, anywhere);
}

}  // namespace ebm::inline EBM_ABI::kernels
