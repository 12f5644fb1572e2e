// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/activation.hpp>

/// What happens to an accumulator when its sum is complete, fused into the loop that made it.
///
/// Each is called with a vector and its offset in the block.
namespace ebm::kernels {

/// y = activation(a).
template <class Activation, class T>
struct StoreActivated {
  T* y;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    Activation::value(a).store(y + offset);
  }
};

/// y = activation(a), slope = activation'(a); the slope waits for the adjoint of y.
template <class Activation, class T>
struct StoreWithSlope {
  T* y;
  T* slope;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    V value, derivative;
    Activation::value_and_slope(a, value, derivative);
    value.store(y + offset);
    derivative.store(slope + offset);
  }
};

/// slope *= a: the chain rule in place, which turns the stored slope into an adjoint.
template <class T>
struct MultiplyInto {
  T* slope;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    (a * V::load(slope + offset)).store(slope + offset);
  }
};

/// adjoint += a: for values that others use too.
template <class T>
struct AddInto {
  T* adjoint;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    (V::load(adjoint + offset) + a).store(adjoint + offset);
  }
};

/// Adds `addend` first: where branches of a network meet.
template <class Then, class T>
struct Plus {
  const T* addend;
  Then then;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    then(a + V::load(addend + offset), offset);
  }
};

}  // namespace ebm::kernels
