// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>
#include <type_traits>
#include <utility>

/// The attributes that kernels need and the language has no word for.

#if defined(__SANITIZE_ADDRESS__)
#define EBM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EBM_SANITIZED 1
#endif
#endif

/// `EBM_INLINE` inlines even where the compiler's own estimate says no: accumulators live in
/// registers only when the loops around them see each other. `EBM_INLINE_LAMBDA` is the same for
/// lambdas, where the attribute stands after the parameter list.
///
/// Instrumented code keeps its calls: inlined, it takes minutes to compile. nvcc compiles what is
/// marked so for the device as well; its lambdas are where the functions around them are.
#if defined(__CUDACC__)
#define EBM_INLINE __host__ __device__ __forceinline__
#define EBM_INLINE_LAMBDA
#elif defined(EBM_SANITIZED)
#define EBM_INLINE inline
#define EBM_INLINE_LAMBDA
#else
#define EBM_INLINE __attribute__((always_inline)) inline
#define EBM_INLINE_LAMBDA __attribute__((always_inline))
#endif

/// `EBM_NOINLINE` keeps a kernel a function of its own, which all that need it share.
#if defined(__CUDACC__)
#define EBM_NOINLINE __noinline__
#else
#define EBM_NOINLINE __attribute__((noinline))
#endif

/// Unrolls the loop that follows, whose number of rounds is known at compile time: what a local
/// array holds then lives in registers. The body is compiled once where nothing is optimised.
#if defined(__CUDACC__)
#define EBM_UNROLL _Pragma("unroll")
#elif defined(__clang__)
#define EBM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define EBM_UNROLL _Pragma("GCC unroll 64")
#endif

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
