// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/activation.hpp>
#include <ebm/nn/layer.hpp>

namespace ebm {

namespace detail {

/// Hands a block on element by element: what an activation or a sum is fused into if there is no
/// layer to take it.
struct PassThrough {
  template <class In>
  struct Bind : NoParameters {
    using Output = In;

    template <class T, class Epilogue>
    static void forward(const T* x, const T*, const Epilogue& epilogue) noexcept {
      for (int i = 0; i < In::size; ++i) epilogue(Pack<T>::load(x + i * lanes), i * lanes);
    }
    template <class T, class Epilogue>
    static void input_gradient(const T* dy, const T* frozen, const Epilogue& epilogue) noexcept {
      forward(dy, frozen, epilogue);
    }
  };
};

}  // namespace detail

/// y = x s(x) with the sigmoid s, element by element; any shape.
///
/// Source: Ramachandran, Zoph, Le, "Searching for Activation Functions", 2017.
struct Swish {
  using Kernel = kernels::Swish;
};

static_assert(Activation<Swish>);

}  // namespace ebm
