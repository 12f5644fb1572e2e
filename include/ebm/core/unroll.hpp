// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/attributes.hpp>
#include <type_traits>
#include <utility>

/// Loops that the compiler's front end unrolls, whatever the optimisation level.
namespace ebm::inline EBM_ABI {

/// Calls f(0), f(1), ... f(N - 1) with the index as `std::integral_constant<int, I>`.
///
/// Indexing a local array with it leaves no address: its elements stay in registers.
template <int N, class F>
EBM_INLINE constexpr void unroll(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) EBM_INLINE_LAMBDA {
    (f(std::integral_constant<int, I>{}), ...);
  }(std::make_integer_sequence<int, N>{});
}

/// Calls f(index) with `index` in [0, N) as `std::integral_constant<int, I>`.
template <int N, class F>
EBM_INLINE constexpr void with_constant(int index, F&& f) {
  unroll<N>([&](auto i) EBM_INLINE_LAMBDA {
    if (index == i) f(i);
  });
}

}  // namespace ebm::inline EBM_ABI
