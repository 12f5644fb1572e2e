// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ebm/core/pack.hpp>
#include <ebm/random/normal.hpp>

/// The element-wise halves of a Langevin step on a block.
///
/// Between two gradients a chain moves down the old one and gets the noise of the next step. Both
/// are made in one pass, a `move` of each element, then noise.
namespace ebm::kernels {

/// A move that leaves each element where it is.
struct Stay {
  template <class T>
  EBM_INLINE Pack<T> operator()(const Pack<T>& x, int) const noexcept {
    return x;
  }
};

/// A move down the gradient: domain(x - step_size clip(g)).
template <class Clip, class Domain, class T>
struct Descend {
  const Pack<T>* gradient;  ///< [element][lane]
  T step_size;
  const Clip& clip;
  const Domain& domain;

  EBM_INLINE Pack<T> operator()(const Pack<T>& x, int element) const noexcept {
    return domain(fma(Pack<T>(-step_size), clip(gradient[element]), x));
  }
};

/// x = move(x).
///
/// x: [element][lane]
template <class Move, class T>
void advance(Pack<T>* x, int elements, const Move& move) noexcept {
  for (int i = 0; i < elements; ++i) x[i] = move(x[i], i);
}

/// x = domain(move(x) + deviation z), with standard normal z of step `step`.
///
/// x: [element][lane]
template <class Move, class Domain, class T>
void advance_and_perturb(Pack<T>* x, int elements, const Move& move, T deviation,
                         const ChainDraws<T>& draws, std::uint32_t step,
                         const Domain& domain) noexcept {
  const Pack<T> scale(deviation);
  const auto perturb = [&](int first, int count, const auto& z) EBM_INLINE_LAMBDA {
    for (int i = 0; i < count; ++i) {
      Pack<T>& element = x[first + i];
      element = domain(fma(scale, z[static_cast<std::size_t>(i)], move(element, first + i)));
    }
  };
  const auto group_of = [](int element) { return static_cast<std::uint32_t>(element / 4); };
  int first = 0;
  for (; first + 8 <= elements; first += 8) {
    perturb(first, 8, draws.template normal<2>(step, group_of(first)));
  }
  for (; first < elements; first += 4) {
    perturb(first, std::min(4, elements - first), draws.normal(step, group_of(first)));
  }
}

}  // namespace ebm::kernels
