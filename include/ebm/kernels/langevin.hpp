// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>
#include <ebm/random/normal.hpp>

/// The element-wise halves of a Langevin step on a block.
namespace ebm::kernels {

/// x = domain(x + deviation z), with standard normal z of step `step`.
///
/// x: [element][lane]
template <class Domain, class T>
void perturb(Pack<T>* x, int elements, T deviation, const ChainDraws<T>& draws, std::uint32_t step,
             const Domain& domain) noexcept {
  const Pack<T> scale(deviation);
  for (int first = 0; first < elements; first += 4) {
    const auto z = draws.normal(step, static_cast<std::uint32_t>(first / 4));
    const int count = std::min(4, elements - first);
    for (int i = 0; i < count; ++i) {
      x[first + i] = domain(fma(scale, z[static_cast<std::size_t>(i)], x[first + i]));
    }
  }
}

/// x = domain(x - step_size clip(g)).
///
/// x, g: [element][lane]
template <class Clip, class Domain, class T>
void descend(Pack<T>* x, const Pack<T>* g, int elements, T step_size, const Clip& clip,
             const Domain& domain) noexcept {
  const Pack<T> step(-step_size);
  for (int i = 0; i < elements; ++i) x[i] = domain(fma(step, clip(g[i]), x[i]));
}

}  // namespace ebm::kernels
