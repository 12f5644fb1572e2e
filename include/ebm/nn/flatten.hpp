// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/element_layer.hpp>

namespace ebm::inline EBM_ABI {

/// Turns images into flat features in PyTorch's order: channel, row, column.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels * rows * columns>
struct Flatten {
  template <class In>
  struct Permutation {
    template <class Elements>
    static EBM_INLINE auto output(const Elements& x, int flat) noexcept {
      return x[In::element(flat)];
    }
    template <class Elements>
    static EBM_INLINE auto gradient(const Elements& dy, int image) noexcept {
      return dy[In::feature(image)];
    }
  };

  template <class In>
  struct Bind : detail::ElementLayer<Permutation<In>, In, Shape<In::size>> {};
};

static_assert(Layer<Flatten, Shape<64, 2, 2>>);

}  // namespace ebm::inline EBM_ABI
