// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/math.hpp>

/// Activation functions: value and slope of one element.
namespace ebm::inline EBM_ABI::kernels {

/// a -> a.
struct Identity {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return a;
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    value = a;
    slope = V(typename V::value_type(1));
  }
};

/// a -> a s(a) with the sigmoid s; slope s(a) + a s(a) (1 - s(a)).
///
/// Source: Ramachandran, Zoph, Le, "Searching for Activation Functions", 2017 (also called SiLU).
struct Swish {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return a * sigmoid(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    const V s = sigmoid(a);
    value = a * s;
    slope = fma(value, V(typename V::value_type(1)) - s, s);
  }
};

}  // namespace ebm::inline EBM_ABI::kernels
