// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ebm/core/attributes.hpp>
#include <ebm/core/intrinsics.hpp>
#include <ebm/core/xsimd.hpp>
#include <type_traits>

// A GPU's threads are scalar, and nvcc takes no vector of the host's where it compiles for them.
#if defined(XSIMD_NO_SUPPORTED_ARCHITECTURE) || defined(__CUDA_ARCH__)
#define EBM_NO_SIMD 1
#endif

/// One SIMD register, or one scalar where there is no SIMD.
///
/// xsimd says how wide the registers of the target are. A register is a vector of the compiler's
/// own, with its operators, not a class: a compiler reads a loop of them in a fraction of the time,
/// and where nothing is optimised there are no calls. Everything above works on `Pack`, which is
/// made of registers. The functions here give the same bits for every width, as long as the machine
/// has fused multiply-add.
namespace ebm::inline EBM_ABI::simd {

/// Architectural vector registers.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int register_count = 32;
#else
inline constexpr int register_count = 16;
#endif

/// Values of type `T` in a register of the target; 1 without SIMD.
#if defined(EBM_NO_SIMD)
template <class T>
inline constexpr int native_width = 1;
#else
template <class T>
inline constexpr int native_width = static_cast<int>(
    sizeof(typename xsimd::types::simd_register<T, xsimd::default_arch>::register_type) /
    sizeof(T));
#endif

/// Lanes in a register of a pack of `L` lanes: the machine's width where it divides `L`, else one.
template <class T, int L>
inline constexpr int width = L % native_width<T> == 0 ? native_width<T> : 1;

namespace detail {
template <class T, int Width>
struct RegisterOf {
  typedef T type __attribute__((vector_size(Width * sizeof(T))));  // an alias can't carry it
};
template <class T>
struct RegisterOf<T, 1> {
  using type = T;
};

template <class R>
struct ValueOf {
  using type = std::remove_cvref_t<decltype(R{}[0])>;
};
template <class R>
  requires std::is_arithmetic_v<R>
struct ValueOf<R> {
  using type = R;
};

/// A register as it lies in memory among values: it may alias them.
template <class R, std::size_t Alignment>
struct InMemory {
  typedef R type __attribute__((aligned(Alignment), may_alias));
};
}  // namespace detail

/// The register type that a pack of `L` lanes is made of.
template <class T, int L>
using Register = typename detail::RegisterOf<T, width<T, L>>::type;

/// Whether a register is one scalar.
template <class R>
inline constexpr bool is_scalar = std::is_arithmetic_v<R>;

/// The lane type of a register.
template <class R>
using Value = typename detail::ValueOf<R>::type;

/// A scalar in all lanes of a register.
template <class R>
EBM_INLINE R broadcast(Value<R> value) noexcept {
  return value - R{};  // the compiler's own broadcast; adding would lose the sign of -0
}

/// Loads from an address aligned to the register.
template <class R>
EBM_INLINE R load(const Value<R>* from) noexcept {
  return *reinterpret_cast<const typename detail::InMemory<R, alignof(R)>::type*>(from);
}

/// Stores to an address aligned to the register.
template <class R>
EBM_INLINE void store(R value, Value<R>* to) noexcept {
  *reinterpret_cast<typename detail::InMemory<R, alignof(R)>::type*>(to) = value;
}

/// Loads from any address.
template <class R>
EBM_INLINE R load_unaligned(const Value<R>* from) noexcept {
  return *reinterpret_cast<const typename detail::InMemory<R, alignof(Value<R>)>::type*>(from);
}

/// Stores to any address.
template <class R>
EBM_INLINE void store_unaligned(R value, Value<R>* to) noexcept {
  *reinterpret_cast<typename detail::InMemory<R, alignof(Value<R>)>::type*>(to) = value;
}

/// Reads the bits of one register type as those of another of the same size.
template <class To, class R>
EBM_INLINE To bit_cast(R a) noexcept {
  static_assert(sizeof(To) == sizeof(R));
  if constexpr (is_scalar<R>) {
    return std::bit_cast<To>(a);
  } else {
    return reinterpret_cast<To>(a);  // std::bit_cast would make g++ 12 go through memory
  }
}

/// a * b + c, rounded once; where the target has no such instruction, rounded twice.
template <class R>
EBM_INLINE R fma(R a, R b, R c) noexcept {
  [[maybe_unused]] constexpr bool is_float = std::is_same_v<Value<R>, float>;
  [[maybe_unused]] constexpr bool is_double = std::is_same_v<Value<R>, double>;
  if constexpr (is_scalar<R>) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__CUDA_ARCH__)
    return std::fma(a, b, c);
#else
    return a * b + c;
#endif
  } else {
#if defined(__AVX512F__)
    if constexpr (sizeof(R) == 64 && is_float) return _mm512_fmadd_ps(a, b, c);
    if constexpr (sizeof(R) == 64 && is_double) return _mm512_fmadd_pd(a, b, c);
#endif
#if defined(__FMA__)
    if constexpr (sizeof(R) == 32 && is_float) return _mm256_fmadd_ps(a, b, c);
    if constexpr (sizeof(R) == 32 && is_double) return _mm256_fmadd_pd(a, b, c);
    if constexpr (sizeof(R) == 16 && is_float) return _mm_fmadd_ps(a, b, c);
    if constexpr (sizeof(R) == 16 && is_double) return _mm_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
    if constexpr (is_float) return vfmaq_f32(c, a, b);
    if constexpr (is_double) return vfmaq_f64(c, a, b);
#else
    return a * b + c;
#endif
  }
}

/// The correctly rounded square root.
template <class R>
EBM_INLINE R sqrt(R a) noexcept {
  if constexpr (is_scalar<R>) {
    return std::sqrt(a);
  } else {
    constexpr bool is_float = std::is_same_v<Value<R>, float>;
    // Masked with all lanes: g++ 12 warns of the plain form, which leaves lanes undefined.
#if defined(__AVX512F__)
    if constexpr (sizeof(R) == 64 && is_float) return _mm512_maskz_sqrt_ps(0xFFFF, a);
    if constexpr (sizeof(R) == 64 && !is_float) return _mm512_maskz_sqrt_pd(0xFF, a);
#endif
#if defined(__AVX__)
    if constexpr (sizeof(R) == 32 && is_float) return _mm256_sqrt_ps(a);
    if constexpr (sizeof(R) == 32 && !is_float) return _mm256_sqrt_pd(a);
#endif
#if defined(__SSE2__)
    if constexpr (sizeof(R) == 16 && is_float) return _mm_sqrt_ps(a);
    if constexpr (sizeof(R) == 16 && !is_float) return _mm_sqrt_pd(a);
#elif defined(__aarch64__)
    if constexpr (is_float) return vsqrtq_f32(a);
    if constexpr (!is_float) return vsqrtq_f64(a);
#endif
  }
}

/// The nearest float of each signed integer.
template <class R>
EBM_INLINE auto to_float(R a) noexcept {
  if constexpr (is_scalar<R>) {
    return static_cast<float>(a);
  } else {
    return __builtin_convertvector(
        a, typename detail::RegisterOf<float, sizeof(R) / sizeof(float)>::type);
  }
}

/// a mod 2^32 times `factor`, lane by lane; what the upper halves of `a` hold does not matter.
template <class R>
EBM_INLINE R multiply_low_halves(R a, std::uint32_t factor) noexcept {
  static_assert(std::is_same_v<Value<R>, std::uint64_t>);
#if defined(__AVX512F__)
  if constexpr (sizeof(R) == 64) {
    // Masked for the reason that `sqrt` gives.
    return R(_mm512_maskz_mul_epu32(0xFF, __m512i(a), __m512i(broadcast<R>(factor))));
  }
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(R) == 32) {
    return R(_mm256_mul_epu32(__m256i(a), __m256i(broadcast<R>(factor))));
  }
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(R) == 16) {
    return R(_mm_mul_epu32(__m128i(a), __m128i(broadcast<R>(factor))));
  }
#elif defined(__aarch64__)
  if constexpr (sizeof(R) == 16) {
    return R(vmull_u32(vmovn_u64(uint64x2_t(a)), vdup_n_u32(factor)));
  }
#endif
  return (a & 0xFFFFFFFFu) * factor;
}

}  // namespace ebm::inline EBM_ABI::simd
