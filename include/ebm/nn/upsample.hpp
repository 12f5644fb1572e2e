// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/window.hpp>

namespace ebm::inline EBM_ABI {

/// Repeats every pixel `Rows` times `Columns` times: the nearest neighbour at a higher resolution.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels, rows * Rows, columns * Columns>
/// Source: `torch.nn.Upsample(mode='nearest')`.
template <int Rows, int Columns = Rows>
struct Upsample {
  static_assert(Rows >= 1 && Columns >= 1, "Upsample repeats pixels at least once");

  template <class In>
  struct Nearest {
    static_assert(!In::is_flat,
                  "Upsample expects images, Shape<channels, rows, columns>; got a flat shape: "
                  "Upsample can't come after Flatten or Linear");
    using Output = Shape<In::channels, In::rows * Rows, In::columns * Columns>;

    template <class Elements>
    static EBM_INLINE auto output(const Elements& x, int i) noexcept {
      const int channel = i % In::channels, pixel = i / In::channels;
      return x[In::offset(channel, pixel / Output::columns / Rows,
                          pixel % Output::columns / Columns)];
    }
    template <class Elements>
    static EBM_INLINE auto gradient(const Elements& dy, int i) noexcept {
      const int channel = i % In::channels, pixel = i / In::channels;
      const int row = pixel / In::columns * Rows, column = pixel % In::columns * Columns;
      auto sum = dy[Output::offset(channel, row, column)];
      for (int k = 1; k < Rows * Columns; ++k) {
        sum += dy[Output::offset(channel, row + k / Columns, column + k % Columns)];
      }
      return sum;
    }
  };

  template <class In>
  struct Bind : detail::ElementLayer<Nearest<In>, In, typename Nearest<In>::Output> {};
};

static_assert(Layer<Upsample<2>, Shape<16, 7, 7>>);

}  // namespace ebm::inline EBM_ABI
