// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/layer.hpp>

namespace ebm::inline EBM_ABI::detail {

/// A layer without parameters that computes each element by itself, linearly.
///
/// `Rule::output(x, i)` is element i of the output, `Rule::gradient(dy, i)` element i of the input
/// gradient; both read `kernels::Elements`, or `kernels::DualElements`.
template <class Rule, class In, class Out>
struct ElementLayer : LayerDefaults {
  using ElementRule = Rule;
  using Input = In;
  using Output = Out;

  template <class Number, class Epilogue>
  static void forward(const Forward<Number>& pass, const Epilogue& epilogue) noexcept {
    const auto x = kernels::elements_at(pass.x);
    for (int i = 0; i < Out::size; ++i) epilogue(Rule::output(x, i), i * lanes);
  }
  template <class Number, class Epilogue>
  static void input_gradient(const Backward<Number>& pass, const Epilogue& epilogue) noexcept {
    const auto dy = kernels::elements_at(pass.dy);
    for (int i = 0; i < In::size; ++i) epilogue(Rule::gradient(dy, i), i * lanes);
  }
};

}  // namespace ebm::inline EBM_ABI::detail
