// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/activation.hpp>
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

/// y = x s(x) with the sigmoid s, element by element; any shape.
///
/// Source: Ramachandran, Zoph, Le, "Searching for Activation Functions", 2017.
struct Swish {
  using Kernel = kernels::Swish;
};

static_assert(Activation<Swish>);

}  // namespace ebm::inline EBM_ABI
