// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <ebm/core/attributes.hpp>
#include <type_traits>
#include <xsimd/xsimd.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// A GPU's threads are scalar, and nvcc takes no vector of the host's where it compiles for them.
#if defined(XSIMD_NO_SUPPORTED_ARCHITECTURE) || defined(__CUDA_ARCH__)
#define EBM_NO_SIMD 1
#endif

/// One SIMD register, or one scalar where there is no SIMD; knows xsimd's versions and their gaps.
///
/// Everything above works on `Pack`, which is made of registers. The functions here give the same
/// bits for every width, as long as the machine has fused multiply-add.
namespace ebm::inline EBM_ABI::simd {

/// Architectural vector registers.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int register_count = 32;
#else
inline constexpr int register_count = 16;
#endif

#if defined(EBM_NO_SIMD)
template <class T>
inline constexpr int native_width = 1;
#else
template <class T>
inline constexpr int native_width = static_cast<int>(xsimd::batch<T>::size);
#endif

/// Lanes in a register of a pack of `L` lanes: the machine's width where it divides `L`, else one.
template <class T, int L>
inline constexpr int width = L % native_width<T> == 0 ? native_width<T> : 1;

namespace detail {
template <class T, bool Vector>
struct RegisterOf {
  using type = T;
};
#if !defined(EBM_NO_SIMD)
template <class T>
struct RegisterOf<T, true> {
  using type = xsimd::batch<T>;
};
#endif
}  // namespace detail

/// The register type that a pack of `L` lanes is made of.
template <class T, int L>
using Register = typename detail::RegisterOf<T, (width<T, L> > 1)>::type;

template <class R>
inline constexpr bool is_scalar = std::is_arithmetic_v<R>;

template <class R>
struct ValueOf {
  using type = typename R::value_type;
};
template <class R>
  requires is_scalar<R>
struct ValueOf<R> {
  using type = R;
};
/// The lane type of a register.
template <class R>
using Value = typename ValueOf<R>::type;

namespace detail {
template <class R>
struct NativeOf {
  using type = typename R::register_type;
};
template <class R>
  requires is_scalar<R>
struct NativeOf<R> {
  using type = R;
};
}  // namespace detail

/// The compiler's own type of a register, without a class around it: what innermost loops hold.
///
/// A compiler reads a loop of such values in a fraction of the time, and where nothing is optimised
/// there are no calls. A register and its native form convert to each other.
template <class R>
using Native = typename detail::NativeOf<R>::type;

template <class R>
EBM_INLINE R broadcast(Value<R> value) noexcept {
  return R(value);
}

/// Loads from an address aligned to the register.
template <class R>
EBM_INLINE R load(const Value<R>* from) noexcept {
  if constexpr (is_scalar<R>) {
    return *from;
  } else {
    return R::load_aligned(from);
  }
}

/// Stores to an address aligned to the register.
template <class R>
EBM_INLINE void store(const R& value, Value<R>* to) noexcept {
  if constexpr (is_scalar<R>) {
    *to = value;
  } else {
    value.store_aligned(to);
  }
}

/// Loads from any address.
template <class R>
EBM_INLINE R load_unaligned(const Value<R>* from) noexcept {
  if constexpr (is_scalar<R>) {
    return *from;
  } else {
    return R::load_unaligned(from);
  }
}

/// Stores to any address.
template <class R>
EBM_INLINE void store_unaligned(const R& value, Value<R>* to) noexcept {
  if constexpr (is_scalar<R>) {
    *to = value;
  } else {
    value.store_unaligned(to);
  }
}

/// Reads the bits of one register type as those of another of the same size.
template <class To, class R>
EBM_INLINE To bit_cast(const R& a) noexcept {
  static_assert(sizeof(To) == sizeof(R));
  if constexpr (is_scalar<R>) {
    return std::bit_cast<To>(a);
  } else {
    // std::bit_cast would make g++ 12 copy the register through memory.
    const typename R::register_type bits = a;
    return To(reinterpret_cast<typename To::register_type>(bits));
  }
}

/// A scalar in all lanes of a native register of `R`.
template <class R>
EBM_INLINE Native<R> broadcast_native(Value<R> value) noexcept {
  if constexpr (is_scalar<R>) {
    return value;
  } else {
    return value - Native<R>{};  // the compiler's own broadcast; adding would lose the sign of -0
  }
}

/// Loads from an address aligned to the register.
template <class R>
EBM_INLINE Native<R> load_native(const Value<R>* from) noexcept {
#if defined(__x86_64__)
  return *reinterpret_cast<const Native<R>*>(from);  // a type that may alias any other
#else
  return load<R>(from);
#endif
}

/// Stores to an address aligned to the register.
template <class R>
EBM_INLINE void store_native(const Native<R>& value, Value<R>* to) noexcept {
#if defined(__x86_64__)
  *reinterpret_cast<Native<R>*>(to) = value;
#else
  store<R>(R(value), to);
#endif
}

/// a * b + c, rounded once; where the target has no such instruction, rounded twice.
template <class R>
EBM_INLINE Native<R> fma_native(Native<R> a, Native<R> b, Native<R> c) noexcept {
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

/// The same for registers.
template <class R>
EBM_INLINE R fma(const R& a, const R& b, const R& c) noexcept {
  return R(fma_native<R>(a, b, c));
}

/// a / b, correctly rounded.
template <class R>
EBM_INLINE R divide(const R& a, const R& b) noexcept {
#if defined(__aarch64__)
  // xsimd 8.1 refines an estimate, as 32-bit ARM has to.
  if constexpr (!is_scalar<R> && std::is_same_v<Value<R>, float>) return vdivq_f32(a, b);
#endif
  return a / b;
}

/// The correctly rounded square root.
template <class R>
EBM_INLINE R sqrt(const R& a) noexcept {
  if constexpr (is_scalar<R>) {
    return std::sqrt(a);
  } else {
#if defined(__aarch64__)
    if constexpr (std::is_same_v<Value<R>, float>) return vsqrtq_f32(a);  // as for `divide`
#endif
    return xsimd::sqrt(a);
  }
}

/// `yes` where `mask` holds, `no` elsewhere.
template <class M, class R>
EBM_INLINE R select(const M& mask, const R& yes, const R& no) noexcept {
  if constexpr (is_scalar<R>) {
    return mask ? yes : no;
  } else {
    return xsimd::select(mask, yes, no);
  }
}

/// a where a < b, else b: also b where either is NaN.
template <class R>
EBM_INLINE R lesser(const R& a, const R& b) noexcept {
#if defined(__x86_64__)
  // One instruction that is defined just so; other processors' minimum treats NaN otherwise.
  if constexpr (!is_scalar<R>) return xsimd::min(a, b);
#endif
  return select(a < b, a, b);
}

/// a where a > b, else b: also b where either is NaN.
template <class R>
EBM_INLINE R greater(const R& a, const R& b) noexcept {
#if defined(__x86_64__)
  if constexpr (!is_scalar<R>) return xsimd::max(a, b);
#endif
  return select(b < a, a, b);
}

/// The nearest float of each signed integer.
template <class R>
EBM_INLINE auto to_float(const R& a) noexcept {
  if constexpr (is_scalar<R>) {
    return static_cast<float>(a);
  } else {
    return xsimd::to_float(a);
  }
}

/// a mod 2^32 times `factor`, lane by lane; what the upper halves of `a` hold does not matter.
template <class R>
EBM_INLINE R multiply_low_halves(const R& a, std::uint32_t factor) noexcept {
  static_assert(std::is_same_v<Value<R>, std::uint64_t>);
  if constexpr (is_scalar<R>) {
    return (a & 0xFFFFFFFFu) * factor;
  } else {
#if defined(__AVX512F__)
    if constexpr (sizeof(R) == 64) {
      return R(_mm512_mul_epu32(a, _mm512_set1_epi64(static_cast<long long>(factor))));
    }
#endif
#if defined(__AVX2__)
    if constexpr (sizeof(R) == 32) {
      return R(_mm256_mul_epu32(a, _mm256_set1_epi64x(static_cast<long long>(factor))));
    }
#endif
#if defined(__SSE2__)
    if constexpr (sizeof(R) == 16) {
      return R(_mm_mul_epu32(a, _mm_set1_epi64x(static_cast<long long>(factor))));
    }
#elif defined(__aarch64__)
    if constexpr (sizeof(R) == 16) return R(vmull_u32(vmovn_u64(a), vdup_n_u32(factor)));
#endif
    std::array<std::uint64_t, R::size> lane;
    a.store_unaligned(lane.data());
    for (std::uint64_t& value : lane) value = (value & 0xFFFFFFFFu) * factor;
    return R::load_unaligned(lane.data());
  }
}

}  // namespace ebm::inline EBM_ABI::simd
