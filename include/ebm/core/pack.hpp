// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <ebm/core/attributes.hpp>
#include <ebm/core/register.hpp>
#include <type_traits>

/// `Pack<T, L>`: one value for each of L lanes; a lane is a chain, and lanes never mix.
namespace ebm::inline EBM_ABI {

/// Lanes of a block in every build, whatever the SIMD width: the memory layout is the same
/// everywhere.
inline constexpr int lanes = 16;

/// Elements of the whole packs that hold `count` elements.
constexpr int padded_to_packs(int count) {
  return (count + lanes - 1) / lanes * lanes;
}

/// The truth value of a comparison, lane by lane.
template <class T, int L>
struct Mask {
  using Register = simd::Register<T, L>;
  static constexpr int registers = L / simd::width<T, L>;
  decltype(Register{} < Register{}) reg[std::size_t{registers}];  ///< all bits of a lane, or none
};

/// One value of type `T` in each of `L` lanes.
///
/// Arithmetic is IEEE and lane by lane; `fma` is the only fused operation.
template <class T, int L = lanes>
struct alignas(sizeof(T) * L) Pack {
  using value_type = T;
  using Register = simd::Register<T, L>;
  static constexpr int size = L;
  static constexpr int width = simd::width<T, L>;
  static constexpr int registers = L / width;

  Register reg[std::size_t{registers}];

  Pack() = default;

  // Register by register: g++ 12 copies an aggregate of several through memory.
  EBM_INLINE Pack(const Pack& other) noexcept { *this = other; }
  EBM_INLINE Pack& operator=(const Pack& other) noexcept {
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) reg[i] = other.reg[i];
    return *this;
  }

  /// A pack that is one register.
  EBM_INLINE explicit Pack(Register only) noexcept
    requires(registers == 1 && !simd::is_scalar<Register>)
  {
    reg[0] = only;
  }

  /// The same value in all lanes.
  EBM_INLINE Pack(T value) noexcept {  // implicit: constants mix with packs in formulas
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) reg[i] = simd::broadcast<Register>(value);
  }

  /// from: [lane], aligned to the pack's register
  EBM_INLINE static Pack load(const T* from) noexcept {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = simd::load<Register>(from + i * width);
    return result;
  }

  /// to: [lane], aligned to the pack's register
  EBM_INLINE void store(T* to) const noexcept {
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) simd::store(reg[i], to + i * width);
  }

  /// from: [lane], at any address
  EBM_INLINE static Pack load_unaligned(const T* from) noexcept {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i)
      result.reg[i] = simd::load_unaligned<Register>(from + i * width);
    return result;
  }

  /// to: [lane], at any address
  EBM_INLINE void store_unaligned(T* to) const noexcept {
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) simd::store_unaligned(reg[i], to + i * width);
  }

  /// The value of one lane; slow, for results and tests.
  [[nodiscard]] T lane(int index) const noexcept {
    alignas(Pack) T values[std::size_t{L}];
    store(values);
    return values[index];
  }

  friend EBM_INLINE Pack operator+(const Pack& a, const Pack& b) noexcept {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] + b.reg[i];
    return result;
  }
  friend EBM_INLINE Pack operator-(const Pack& a, const Pack& b) noexcept {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] - b.reg[i];
    return result;
  }
  friend EBM_INLINE Pack operator*(const Pack& a, const Pack& b) noexcept {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] * b.reg[i];
    return result;
  }
  friend EBM_INLINE Pack operator/(const Pack& a, const Pack& b) noexcept {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] / b.reg[i];
    return result;
  }
  EBM_INLINE Pack& operator+=(const Pack& b) noexcept { return *this = *this + b; }
  EBM_INLINE Pack& operator-=(const Pack& b) noexcept { return *this = *this - b; }
  EBM_INLINE Pack& operator*=(const Pack& b) noexcept { return *this = *this * b; }

  friend EBM_INLINE Mask<T, L> operator<(const Pack& a, const Pack& b) noexcept {
    Mask<T, L> result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] < b.reg[i];
    return result;
  }
  friend EBM_INLINE Mask<T, L> operator>(const Pack& a, const Pack& b) noexcept { return b < a; }

  friend EBM_INLINE Pack operator&(const Pack& a, const Pack& b) noexcept
    requires std::is_integral_v<T>
  {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] & b.reg[i];
    return result;
  }
  friend EBM_INLINE Pack operator|(const Pack& a, const Pack& b) noexcept
    requires std::is_integral_v<T>
  {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] | b.reg[i];
    return result;
  }
  friend EBM_INLINE Pack operator^(const Pack& a, const Pack& b) noexcept
    requires std::is_integral_v<T>
  {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] ^ b.reg[i];
    return result;
  }
  /// Shifts by a number of bits in [0, bits of T).
  friend EBM_INLINE Pack operator<<(const Pack& a, int bits) noexcept
    requires std::is_integral_v<T>
  {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] << bits;
    return result;
  }
  friend EBM_INLINE Pack operator>>(const Pack& a, int bits) noexcept
    requires std::is_integral_v<T>
  {
    Pack result;
    EBM_UNROLL
    for (int i = 0; i < registers; ++i) result.reg[i] = a.reg[i] >> bits;
    return result;
  }
};

/// a * b + c with one rounding (where the target has FMA).
template <class T, int L>
EBM_INLINE Pack<T, L> fma(const Pack<T, L>& a, const Pack<T, L>& b, const Pack<T, L>& c) noexcept {
  Pack<T, L> result;
  EBM_UNROLL
  for (int i = 0; i < Pack<T, L>::registers; ++i)
    result.reg[i] = simd::fma(a.reg[i], b.reg[i], c.reg[i]);
  return result;
}

/// The correctly rounded square root.
template <class T, int L>
EBM_INLINE Pack<T, L> sqrt(const Pack<T, L>& a) noexcept {
  Pack<T, L> result;
  EBM_UNROLL
  for (int i = 0; i < Pack<T, L>::registers; ++i) result.reg[i] = simd::sqrt(a.reg[i]);
  return result;
}

/// `yes` in the lanes where `mask` holds, `no` in the others.
template <class T, int L>
EBM_INLINE Pack<T, L> select(const Mask<T, L>& mask, const Pack<T, L>& yes,
                             const Pack<T, L>& no) noexcept {
  Pack<T, L> result;
  EBM_UNROLL
  for (int i = 0; i < Pack<T, L>::registers; ++i)
    result.reg[i] = mask.reg[i] ? yes.reg[i] : no.reg[i];
  return result;
}

/// The smaller value; `a` where either is NaN.
template <class T, int L>
EBM_INLINE Pack<T, L> min(const Pack<T, L>& a, const Pack<T, L>& b) noexcept {
  Pack<T, L> result;
  EBM_UNROLL
  for (int i = 0; i < Pack<T, L>::registers; ++i)
    result.reg[i] = b.reg[i] < a.reg[i] ? b.reg[i] : a.reg[i];
  return result;
}

/// The larger value; `a` where either is NaN.
template <class T, int L>
EBM_INLINE Pack<T, L> max(const Pack<T, L>& a, const Pack<T, L>& b) noexcept {
  Pack<T, L> result;
  EBM_UNROLL
  for (int i = 0; i < Pack<T, L>::registers; ++i)
    result.reg[i] = b.reg[i] > a.reg[i] ? b.reg[i] : a.reg[i];
  return result;
}

/// `a` kept in [low, high]; NaN stays NaN.
template <class T, int L>
EBM_INLINE Pack<T, L> clamp(const Pack<T, L>& a, const Pack<T, L>& low,
                            const Pack<T, L>& high) noexcept {
  return min(max(a, low), high);
}

/// The unsigned integer of a floating-point type's size.
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// Reads the bits of one type as those of another of the same size.
template <class To, class From, int L>
  requires(sizeof(To) == sizeof(From))
EBM_INLINE Pack<To, L> bit_cast(const Pack<From, L>& a) noexcept {
  Pack<To, L> result;
  EBM_UNROLL
  for (int i = 0; i < Pack<To, L>::registers; ++i)
    result.reg[i] = simd::bit_cast<typename Pack<To, L>::Register>(a.reg[i]);
  return result;
}

/// -a: flips the sign bit, also of zero and NaN.
template <class T, int L>
EBM_INLINE Pack<T, L> operator-(const Pack<T, L>& a) noexcept {
  using Bits = BitsOf<T>;
  return bit_cast<T>(bit_cast<Bits>(a) ^ Pack<Bits, L>(Bits{1} << (8 * sizeof(T) - 1)));
}

/// |a|: clears the sign bit.
template <class T, int L>
EBM_INLINE Pack<T, L> abs(const Pack<T, L>& a) noexcept {
  using Bits = BitsOf<T>;
  return bit_cast<T>(bit_cast<Bits>(a) & Pack<Bits, L>(~(Bits{1} << (8 * sizeof(T) - 1))));
}

/// The sum over the lanes, in the order of their index.
template <class T, int L>
[[nodiscard]] T sum_lanes(const Pack<T, L>& a) noexcept {
  alignas(Pack<T, L>) T values[std::size_t{L}];
  a.store(values);
  T sum = values[0];
  for (int i = 1; i < L; ++i) sum += values[i];
  return sum;
}

}  // namespace ebm::inline EBM_ABI
