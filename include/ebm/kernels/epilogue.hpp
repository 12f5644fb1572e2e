// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/kernels/activation.hpp>
#include <type_traits>

/// What happens to an accumulator when its sum is complete, fused into the loop that made it.
///
/// Each is called with a vector and its offset in the block, and `at(first)` is the same for the
/// block that begins at element `first` of the arrays.
namespace ebm::inline EBM_ABI::kernels {

/// Satisfied by epilogues that say that they are a few instructions, which every loop may have in
/// itself; others are compiled once for all loops.
template <class E>
concept LightEpilogue = requires { requires E::is_light; };

/// y = activation(a).
template <class Activation, class T>
struct StoreActivated {
  static constexpr bool is_light = std::is_same_v<Activation, Identity>;
  T* y;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    Activation::value(a).store(y + offset);
  }
  [[nodiscard]] EBM_INLINE StoreActivated at(std::ptrdiff_t first) const noexcept {
    return {y + first};
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
  [[nodiscard]] EBM_INLINE StoreWithSlope at(std::ptrdiff_t first) const noexcept {
    return {y + first, slope + first};
  }
};

/// slope *= a: the chain rule in place, which turns the stored slope into an adjoint.
template <class T>
struct MultiplyInto {
  static constexpr bool is_light = true;
  T* slope;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    (a * V::load(slope + offset)).store(slope + offset);
  }
  [[nodiscard]] EBM_INLINE MultiplyInto at(std::ptrdiff_t first) const noexcept {
    return {slope + first};
  }
};

/// adjoint += a: for values that others use too.
template <class T>
struct AddInto {
  static constexpr bool is_light = true;
  T* adjoint;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    (V::load(adjoint + offset) + a).store(adjoint + offset);
  }
  [[nodiscard]] EBM_INLINE AddInto at(std::ptrdiff_t first) const noexcept {
    return {adjoint + first};
  }
};

/// adjoint = 0 + a: what `AddInto` makes of a zero, of whatever sign.
template <class T>
struct AddToZero {
  static constexpr bool is_light = true;
  T* adjoint;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    (V(T(0)) + a).store(adjoint + offset);
  }
  [[nodiscard]] EBM_INLINE AddToZero at(std::ptrdiff_t first) const noexcept {
    return {adjoint + first};
  }
};

/// Adds `addend` first: where branches of a network meet.
template <class Then, class T>
struct Plus {
  static constexpr bool is_light = LightEpilogue<Then>;
  const T* addend;
  Then then;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    then(a + V::load(addend + offset), offset);
  }
  [[nodiscard]] EBM_INLINE Plus at(std::ptrdiff_t first) const noexcept {
    return {addend + first, then.at(first)};
  }
};

}  // namespace ebm::inline EBM_ABI::kernels
