// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/math.hpp>
#include <ebm/kernels/activation.hpp>

namespace ebm::inline EBM_ABI {

/// Activation: a -> a tanh(ln(1 + e^a)); slope t + a (1 - t^2) s(a) with t that tanh, s the
/// sigmoid.
///
/// Source: Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019, eq. 1;
/// `torch.nn.Mish`.
struct Mish {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return a * tanh(softplus(a));
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    const V t = tanh(softplus(a));
    value = a * t;
    slope = fma(a * sigmoid(a), V(typename V::value_type(1)) - t * t, t);
  }
};

static_assert(kernels::Activation<Mish>);

}  // namespace ebm::inline EBM_ABI
