// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <ebm/core/pack.hpp>

/// One step of Adam over a vector of parameters; here a lane is a parameter.
namespace ebm::inline EBM_ABI::kernels {

/// The numbers of one step.
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

/// Applies the step to `count` parameters with their gradient, mean and mean square.
template <class T>
void adam(const AdamStep<T>& step, std::size_t count, T* parameters, const T* gradient, T* mean,
          T* square) noexcept {
  const auto apply = [&](T* p_at, const T* g_at, T* m_at, T* v_at) {
    auto p = Pack<T>::load_unaligned(p_at), m = Pack<T>::load_unaligned(m_at),
         v = Pack<T>::load_unaligned(v_at);
    step(p, Pack<T>::load_unaligned(g_at), m, v);
    p.store_unaligned(p_at);
    m.store_unaligned(m_at);
    v.store_unaligned(v_at);
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    apply(parameters + i, gradient + i, mean + i, square + i);
  }
  // The rest in lanes of their own, beside ones that compute something harmless.
  const std::size_t rest = count - i;
  T p[lanes] = {}, g[lanes] = {}, m[lanes] = {}, v[lanes] = {};
  std::copy_n(parameters + i, rest, p);
  std::copy_n(gradient + i, rest, g);
  std::copy_n(mean + i, rest, m);
  std::copy_n(square + i, rest, v);
  apply(p, g, m, v);
  std::copy_n(p, rest, parameters + i);
  std::copy_n(m, rest, mean + i);
  std::copy_n(v, rest, square + i);
}

}  // namespace ebm::inline EBM_ABI::kernels
