// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/element_layer.hpp>

namespace ebm::inline EBM_ABI {

namespace detail {

/// Hands a block on element by element: what an activation or a sum is fused into if there is no
/// layer to take it.
struct PassThrough {
  template <class Elements>
  static EBM_INLINE auto output(const Elements& x, int i) noexcept {
    return x[i];
  }
  template <class Elements>
  static EBM_INLINE auto gradient(const Elements& dy, int i) noexcept {
    return dy[i];
  }

  template <class In>
  struct Bind : ElementLayer<PassThrough, In, In> {};
};

}  // namespace detail

// Element-wise layers for any shape; see kernels/activation.hpp.
using kernels::Elu;
using kernels::Gelu;
using kernels::LeakyRelu;
using kernels::Relu;
using kernels::Softplus;
using kernels::Swish;
using kernels::Tanh;

}  // namespace ebm::inline EBM_ABI
