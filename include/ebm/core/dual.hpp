// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/core/math.hpp>
#include <ebm/core/standard_normal.hpp>
#include <type_traits>

/// Dual numbers: a value and its derivative along one direction, its tangent.
///
/// What is computed with them, forward or backward, is differentiated once more: the rules below
/// are the chain rule, and everything else follows. Duals of duals differentiate twice.
///
/// Source: Griewank and Walther, "Evaluating Derivatives", 2008, chapter 3 (forward mode), and
/// section 5.1 for second derivatives by forward over reverse.
namespace ebm::inline EBM_ABI {

template <class V>
struct Dual;

namespace detail {
/// `Pack` for `Pack`, and for the duals made of it.
template <class V>
struct PackIn {
  using type = V;
};
template <class V>
struct PackIn<Dual<V>> : PackIn<V> {};
}  // namespace detail

/// A value with its tangent; V: `Pack`, or a dual of it.
template <class V>
struct Dual {
  using value_type = typename V::value_type;
  static constexpr int size = V::size;

  V value, tangent;

  Dual() = default;
  EBM_INLINE Dual(const V& v, const V& t) noexcept : value(v), tangent(t) {}
  /// A constant.
  EBM_INLINE Dual(const V& v) noexcept : value(v), tangent(value_type(0)) {}
  template <class P>
    requires(std::is_same_v<P, typename detail::PackIn<V>::type> && !std::is_same_v<P, V>)
  EBM_INLINE Dual(const P& pack) noexcept : Dual(V(pack)) {}
  EBM_INLINE explicit Dual(value_type v) noexcept : Dual(V(v)) {}

  friend EBM_INLINE Dual operator+(const Dual& a, const Dual& b) noexcept {
    return {a.value + b.value, a.tangent + b.tangent};
  }
  friend EBM_INLINE Dual operator-(const Dual& a, const Dual& b) noexcept {
    return {a.value - b.value, a.tangent - b.tangent};
  }
  friend EBM_INLINE Dual operator-(const Dual& a) noexcept { return {-a.value, -a.tangent}; }
  friend EBM_INLINE Dual operator*(const Dual& a, const Dual& b) noexcept {
    return {a.value * b.value, fma(a.value, b.tangent, a.tangent * b.value)};
  }
  friend EBM_INLINE Dual operator/(const Dual& a, const Dual& b) noexcept {
    const V quotient = a.value / b.value;
    return {quotient, (a.tangent - quotient * b.tangent) / b.value};
  }
  EBM_INLINE Dual& operator+=(const Dual& b) noexcept { return *this = *this + b; }
  EBM_INLINE Dual& operator-=(const Dual& b) noexcept { return *this = *this - b; }
  EBM_INLINE Dual& operator*=(const Dual& b) noexcept { return *this = *this * b; }

  // Comparisons are those of the values.
  friend EBM_INLINE auto operator<(const Dual& a, const Dual& b) noexcept {
    return a.value < b.value;
  }
  friend EBM_INLINE auto operator>(const Dual& a, const Dual& b) noexcept { return b < a; }

  /// The value of one lane.
  [[nodiscard]] auto lane(int index) const noexcept { return value.lane(index); }
};

/// The functions of packs, with tangents by the chain rule.
/// @{
template <class V>
EBM_INLINE Dual<V> fma(const Dual<V>& a, const Dual<V>& b, const Dual<V>& c) noexcept {
  return {fma(a.value, b.value, c.value),
          fma(a.value, b.tangent, fma(a.tangent, b.value, c.tangent))};
}
template <class T, int L, class V>
EBM_INLINE Dual<V> select(const Mask<T, L>& mask, const Dual<V>& yes, const Dual<V>& no) noexcept {
  return {select(mask, yes.value, no.value), select(mask, yes.tangent, no.tangent)};
}
template <class V>
EBM_INLINE Dual<V> min(const Dual<V>& a, const Dual<V>& b) noexcept {
  return select(b < a, b, a);
}
template <class V>
EBM_INLINE Dual<V> max(const Dual<V>& a, const Dual<V>& b) noexcept {
  return select(b > a, b, a);
}
template <class V>
EBM_INLINE Dual<V> clamp(const Dual<V>& a, const Dual<V>& low, const Dual<V>& high) noexcept {
  return min(max(a, low), high);
}
template <class V>
EBM_INLINE Dual<V> abs(const Dual<V>& a) noexcept {
  const V zero(typename V::value_type(0));
  return {abs(a.value), select(a.value < zero, -a.tangent, a.tangent)};
}
template <class V>
EBM_INLINE Dual<V> sqrt(const Dual<V>& a) noexcept {
  const V root = sqrt(a.value);
  return {root, a.tangent / (root + root)};
}
template <class V>
EBM_INLINE Dual<V> exp(const Dual<V>& a) noexcept {
  const V power = exp(a.value);
  return {power, power * a.tangent};
}
template <class V>
EBM_INLINE Dual<V> log(const Dual<V>& a) noexcept {
  return {log(a.value), a.tangent / a.value};
}
template <class V>
EBM_INLINE void sincos(const Dual<V>& a, Dual<V>& sine, Dual<V>& cosine) noexcept {
  V s, c;
  sincos(a.value, s, c);
  sine = {s, c * a.tangent};
  cosine = {c, -(s * a.tangent)};
}
template <class V>
EBM_INLINE Dual<V> sigmoid(const Dual<V>& a) noexcept {
  const V s = sigmoid(a.value);
  return {s, s * (V(typename V::value_type(1)) - s) * a.tangent};
}
template <class V>
EBM_INLINE Dual<V> softplus(const Dual<V>& a) noexcept {
  return {softplus(a.value), sigmoid(a.value) * a.tangent};
}
template <class V>
EBM_INLINE Dual<V> tanh(const Dual<V>& a) noexcept {
  const V t = tanh(a.value);
  return {t, (V(typename V::value_type(1)) - t * t) * a.tangent};
}
template <class V>
EBM_INLINE void standard_normal(const Dual<V>& a, Dual<V>& density, Dual<V>& cdf) noexcept {
  V slope, value;
  standard_normal(a.value, slope, value);
  density = {slope, -(a.value * slope * a.tangent)};
  cdf = {value, slope * a.tangent};
}
/// @}

/// Names numbers of type `T` with tangents, as `float` names those without; see `PackOf`. T: float,
/// double, or `WithTangent` of these for second derivatives.
template <class T>
struct WithTangent;

/// Whether numbers named `Number` have tangents.
/// @{
template <class Number>
inline constexpr bool is_dual = false;
template <class T>
inline constexpr bool is_dual<WithTangent<T>> = true;
/// @}

/// The elements of a block of duals: where the values are, and where the tangents.
template <class Pointer>
struct DualPointer {
  Pointer value;
  Pointer tangent;

  /// To elements that are const.
  template <class Const>
    requires(!std::is_same_v<Const, Pointer> && std::is_convertible_v<Pointer, Const>)
  EBM_INLINE operator DualPointer<Const>() const noexcept {
    return {value, tangent};
  }
  friend EBM_INLINE DualPointer operator+(const DualPointer& p, std::ptrdiff_t elements) noexcept {
    return {p.value + elements, p.tangent + elements};
  }
};

namespace detail {
template <class T>
struct NumberTraits {
  using Real = T;
  using Packs = Pack<T>;
  using Pointer = T*;
  using ConstPointer = const T*;
  static constexpr int parts = 1;
};
template <class T>
struct NumberTraits<WithTangent<T>> {
  using Of = NumberTraits<T>;
  using Value = T;
  using Real = typename Of::Real;
  using Packs = Dual<typename Of::Packs>;
  using Pointer = DualPointer<typename Of::Pointer>;
  using ConstPointer = DualPointer<typename Of::ConstPointer>;
  static constexpr int parts = 2 * Of::parts;
};
}  // namespace detail

/// float for float and for `WithTangent<float>`.
template <class Number>
using RealOf = typename detail::NumberTraits<Number>::Real;

/// What has a tangent: float for `WithTangent<float>`.
template <class Number>
using ValueOf = typename detail::NumberTraits<Number>::Value;

/// One number in each lane of a block: `Pack<float>`, or `Dual<Pack<float>>`.
template <class Number>
using PackOf = typename detail::NumberTraits<Number>::Packs;

/// Packs that a number takes: 1, 2 with a tangent.
template <class Number>
inline constexpr int parts_of = detail::NumberTraits<Number>::parts;

/// Where elements of a block are.
template <class Number>
using PointerTo = typename detail::NumberTraits<Number>::Pointer;
/// Where elements of a block are that are only read.
template <class Number>
using ConstPointerTo = typename detail::NumberTraits<Number>::ConstPointer;

/// Room for numbers, cut into that of their parts, of `elements` each.
template <class Number>
[[nodiscard]] PointerTo<Number> cut_room(RealOf<Number>* room, std::ptrdiff_t elements) noexcept {
  if constexpr (is_dual<Number>) {
    using Value = ValueOf<Number>;
    return {cut_room<Value>(room, elements),
            cut_room<Value>(room + parts_of<Value> * elements, elements)};
  } else {
    return room;
  }
}

/// The elements without any tangents.
/// @{
template <class T>
EBM_INLINE T* real_part(T* pointer) noexcept {
  return pointer;
}
template <class Pointer>
EBM_INLINE auto real_part(const DualPointer<Pointer>& pointer) noexcept {
  return real_part(pointer.value);
}
/// @}

/// Reads a vector of lanes, with its tangents where there are some.
/// @{
template <class V, class T>
EBM_INLINE V load_from(const T* from) noexcept {
  return V::load(from);
}
template <class V, class Pointer>
EBM_INLINE V load_from(const DualPointer<Pointer>& from) noexcept {
  using Value = decltype(V::value);
  return {load_from<Value>(from.value), load_from<Value>(from.tangent)};
}
/// @}

/// Writes a vector of lanes, with its tangents where there are some.
/// @{
template <class T, int L>
EBM_INLINE void store_to(T* to, const Pack<T, L>& vector) noexcept {
  vector.store(to);
}
template <class Pointer, class V>
EBM_INLINE void store_to(const DualPointer<Pointer>& to, const Dual<V>& vector) noexcept {
  store_to(to.value, vector.value);
  store_to(to.tangent, vector.tangent);
}
/// @}

/// What the lanes of `a` add to a parameter's gradient: their sum, or that of the tangents, where
/// the gradient itself is differentiated.
/// @{
template <class T, int L>
[[nodiscard]] T sum_for_gradient(const Pack<T, L>& a) noexcept {
  return sum_lanes(a);
}
template <class V>
[[nodiscard]] auto sum_for_gradient(const Dual<V>& a) noexcept {
  return sum_for_gradient(a.tangent);
}
/// @}

}  // namespace ebm::inline EBM_ABI
