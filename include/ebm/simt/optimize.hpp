// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/kernels/adam.hpp>
#include <ebm/simt/machine.hpp>

/// The gradient's norm and the optimiser's step, by threads; a lane is a parameter here.
namespace ebm::inline EBM_ABI::simt {

/// sums[k] = the sum of the squares of the elements k, k + `count`, k + 2 `count`, ..., in order.
template <class T>
struct SquareSums {
  const T* values;
  int size;
  double* sums;
  int count;

  [[nodiscard]] Grid grid() const { return grid_of(count, warp_lanes); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    if (thread.number() >= count) return;
    double sum = 0;
    for (std::int64_t i = thread.number(); i < size; i += count) {
      const double value = static_cast<double>(values[i]);
      sum += value * value;
    }
    sums[thread.number()] = sum;
  }
};

/// Clips a gradient.
///
/// Clip: `GlobalNormClip` or `NoGradientClip`
template <class T, class Clip>
struct ClipNorm {
  T* gradient;
  int size;
  const double* sums;  ///< [lane], of `SquareSums`
  Clip clip;
  double* norm;  ///< before clipping

  [[nodiscard]] Grid grid() const { return grid_of(size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    double sum = 0;
    for (int lane = 0; lane < lanes; ++lane) sum += sums[lane];
    const double length = std::sqrt(sum), factor = clip.factor(length);
    if (thread.number() == 0) *norm = length;
    if (thread.number() < size && factor < 1) gradient[thread.number()] *= static_cast<T>(factor);
  }
};

/// One step of Adam.
template <class T>
struct AdamUpdate {
  kernels::AdamStep<T> step;
  T* parameters;
  const T* gradient;
  T* mean;
  T* square;
  int size;

  [[nodiscard]] Grid grid() const { return grid_of(size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    using V = Pack<T, 1>;
    if (thread.number() >= size) return;
    const std::int64_t i = thread.number();
    V p = V::load(parameters + i), m = V::load(mean + i), v = V::load(square + i);
    step(p, V::load(gradient + i), m, v);
    p.store(parameters + i);
    m.store(mean + i);
    v.store(square + i);
  }
};

}  // namespace ebm::inline EBM_ABI::simt
