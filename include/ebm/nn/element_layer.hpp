// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/lanes.hpp>
#include <ebm/nn/layer.hpp>

namespace ebm::inline EBM_ABI::detail {

/// A layer without parameters that computes each element by itself.
///
/// `Rule::output(x, i)` is element i of the output, `Rule::gradient(dy, i)` element i of the input
/// gradient; both read `kernels::Elements`.
template <class Rule, class In, class Out>
struct ElementLayer : NoParameters {
  using ElementRule = Rule;
  using Input = In;
  using Output = Out;

  template <class T, class Epilogue>
  static void forward(const T* x, const T*, const Epilogue& epilogue) noexcept {
    const kernels::Elements<kernels::WholeBlock<T>, const T> elements{x};
    for (int i = 0; i < Out::size; ++i) epilogue(Rule::output(elements, i), i * lanes);
  }
  template <class T, class Epilogue>
  static void input_gradient(const T* dy, const T*, const Epilogue& epilogue) noexcept {
    const kernels::Elements<kernels::WholeBlock<T>, const T> elements{dy};
    for (int i = 0; i < In::size; ++i) epilogue(Rule::gradient(elements, i), i * lanes);
  }
};

}  // namespace ebm::inline EBM_ABI::detail
