// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>

/// One step of Adam; here a lane is a parameter.
namespace ebm::inline EBM_ABI::kernels {

/// The numbers of one step, which `update` applies to a vector of parameters.
template <class T>
struct AdamStep {
  T beta1, rest1;  ///< decay of the mean gradient, and 1 - decay
  T beta2, rest2;  ///< the same of the mean square
  T rate;          ///< learning rate / (1 - beta1^t)
  T correction;    ///< sqrt(1 - beta2^t)
  T epsilon;

  /// m <- beta1 m + rest1 g;  v <- beta2 v + rest2 g^2;
  /// p <- p - rate m / (sqrt(v) / correction + epsilon)
  template <class V>
  EBM_INLINE void operator()(V& p, const V& g, V& m, V& v) const noexcept {
    m = V(beta1) * m + V(rest1) * g;
    v = V(beta2) * v + V(rest2) * g * g;
    p -= V(rate) * m / (sqrt(v) / V(correction) + V(epsilon));
  }
};

}  // namespace ebm::inline EBM_ABI::kernels
