// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>
#include <ebm/nn/layer.hpp>

namespace ebm {

/// Turns images into flat features in PyTorch's order: channel, row, column.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels * rows * columns>
struct Flatten {
  template <class In>
  struct Bind : NoParameters {
    using Output = Shape<In::size>;

    template <class T, class Epilogue>
    static void forward(const T* x, const T*, const Epilogue& epilogue) noexcept {
      permute(
          [&](int image, int flat) { epilogue(Pack<T>::load(x + image * lanes), flat * lanes); });
    }
    template <class T, class Epilogue>
    static void input_gradient(const T* dy, const T*, const Epilogue& epilogue) noexcept {
      permute(
          [&](int image, int flat) { epilogue(Pack<T>::load(dy + flat * lanes), image * lanes); });
    }

   private:
    template <class F>
    static void permute(const F& f) noexcept {
      int flat = 0;
      for (int channel = 0; channel < In::channels; ++channel) {
        for (int row = 0; row < In::rows; ++row) {
          for (int column = 0; column < In::columns; ++column) {
            f(In::offset(channel, row, column), flat++);
          }
        }
      }
    }
  };
};

static_assert(Layer<Flatten, Shape<64, 2, 2>>);

}  // namespace ebm
