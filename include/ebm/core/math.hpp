// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>
#include <limits>

/// Transcendental functions on packs: polynomials of our own, so the same bits on every machine.
///
/// Within 3 units in the last place, where a function doesn't say otherwise; subnormal results may
/// be flushed to zero.
namespace ebm::inline EBM_ABI {

namespace detail {

/// What differs between float and double.
template <class T>
struct MathTraits;

template <>
struct MathTraits<float> {
  static constexpr int mantissa_bits = 23;
  static constexpr int exponent_bias = 127;
  static constexpr float rounder = 0x1.8p23f;  // adding it leaves the nearest integer in the bits
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
  static constexpr float half_pi[3] = {0x1.92p0f, 0x1.fb4p-12f, 0x1.4442d2p-24f};
  static constexpr float exp_low = -86.6f, exp_high = 88.73f;
  static constexpr int exp_terms = 8, log_terms = 5, sin_terms = 5, cos_terms = 5;
};

template <>
struct MathTraits<double> {
  static constexpr int mantissa_bits = 52;
  static constexpr int exponent_bias = 1023;
  static constexpr double rounder = 0x1.8p52;
  static constexpr double ln2_high = 0x1.62e42fefp-1, ln2_low = 0x1.473de6af278edp-34;
  static constexpr double half_pi[3] = {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69};
  static constexpr double exp_low = -707.7, exp_high = 709.79;
  static constexpr int exp_terms = 14, log_terms = 11, sin_terms = 9, cos_terms = 9;
};

/// 1 / n!
constexpr double inverse_factorial(int n) {
  double product = 1;
  for (int k = 2; k <= n; ++k) product *= k;
  return 1 / product;
}

// Coefficients of the series used below, by index.
constexpr double exp_series(int k) {
  return inverse_factorial(k);
}
constexpr double alternating_exp_series(int k) {
  return (k % 2 == 0 ? 1 : -1) * inverse_factorial(k);
}
constexpr double sin_series(int k) {
  return (k % 2 == 0 ? 1 : -1) * inverse_factorial(2 * k + 1);
}
constexpr double cos_series(int k) {
  return (k % 2 == 0 ? 1 : -1) * inverse_factorial(2 * k);
}
constexpr double artanh_series(int k) {
  return 2.0 / (2 * k + 1);
}

/// C(0) + x (C(1) + x (C(2) + ...)), N terms, by Horner's rule.
template <double (*C)(int), int N, class T, int L>
EBM_INLINE Pack<T, L> horner(const Pack<T, L>& x) noexcept {
  constexpr T first = static_cast<T>(C(N - 1));
  Pack<T, L> sum(first);
  unroll<N - 1>([&](auto i) EBM_INLINE_LAMBDA {
    constexpr T coefficient = static_cast<T>(C(N - 2 - i));
    sum = fma(sum, x, Pack<T, L>(coefficient));
  });
  return sum;
}

/// sin r and cos r for |r| <= pi / 4.
template <class T, int L>
EBM_INLINE void sincos_reduced(const Pack<T, L>& r, Pack<T, L>& sine, Pack<T, L>& cosine) noexcept {
  using M = MathTraits<T>;
  const auto r2 = r * r;
  sine = r * horner<sin_series, M::sin_terms>(r2);
  cosine = horner<cos_series, M::cos_terms>(r2);
}

/// Turns sin and cos of the reduced angle by `quadrant` (its low two bits) quarter turns.
template <class T, int L>
EBM_INLINE void turn_quadrant(const Pack<BitsOf<T>, L>& quadrant, Pack<T, L>& sine,
                              Pack<T, L>& cosine) noexcept {
  using Bits = BitsOf<T>;
  constexpr int sign_shift = 8 * static_cast<int>(sizeof(T)) - 1;
  const Pack<Bits, L> one(Bits{1});
  const auto swap = Pack<Bits, L>(Bits{0}) - (quadrant & one);  // all ones in odd quadrants
  const auto s = bit_cast<Bits>(sine), c = bit_cast<Bits>(cosine);
  const auto difference = (s ^ c) & swap;
  const auto sine_sign = (quadrant >> 1) << sign_shift;
  const auto cosine_sign = ((quadrant + one) >> 1) << sign_shift;
  sine = bit_cast<T>(s ^ difference ^ sine_sign);
  cosine = bit_cast<T>(c ^ difference ^ cosine_sign);
}

/// 2^Offset e^(Sign x) as `mantissa`, near 1, times the power of two `scale`; for x whose exponent
/// n = round(Sign x / ln 2) makes 2^(n + Offset) normal or infinite.
template <int Sign, int Offset, class T, int L>
EBM_INLINE void exp_parts(const Pack<T, L>& x, Pack<T, L>& mantissa, Pack<T, L>& scale) noexcept {
  using M = MathTraits<T>;
  using Bits = BitsOf<T>;
  constexpr double (*series)(int) = Sign > 0 ? exp_series : alternating_exp_series;
  // The sum's last bits are n and the bias of the exponent: what the scale has for its exponent.
  const Pack<T, L> rounder(M::rounder + T(M::exponent_bias + Offset));
  const auto shifted = fma(x, Pack<T, L>(T(Sign * 1.442695040888963407)), rounder);
  const auto n = shifted - rounder;
  // What n leaves of x; Sign is in the series instead.
  const auto r = fma(n, Pack<T, L>(-Sign * M::ln2_low), fma(n, Pack<T, L>(-Sign * M::ln2_high), x));
  scale = bit_cast<T>(bit_cast<Bits>(shifted) << M::mantissa_bits);
  mantissa = horner<series, M::exp_terms>(r);
}

}  // namespace detail

/// e^x; 0 below about -86.6 (float) or -707.7 (double), infinity where the result overflows.
template <class T, int L>
EBM_INLINE Pack<T, L> exp(const Pack<T, L>& x) noexcept {
  using M = detail::MathTraits<T>;
  // Half of it, doubled at the end: n may be one above the largest exponent.
  Pack<T, L> mantissa, scale;
  detail::exp_parts<1, -1>(x, mantissa, scale);
  const auto value = mantissa * scale * Pack<T, L>(T(2));
  const Pack<T, L> infinity(std::numeric_limits<T>::infinity());
  return select(x < Pack<T, L>(M::exp_low), Pack<T, L>(T(0)),
                select(x > Pack<T, L>(M::exp_high), infinity, value));
}

namespace detail {

/// ln x for normal positive x; any other x gives an unspecified finite value.
template <class T, int L>
EBM_INLINE Pack<T, L> log_positive(const Pack<T, L>& x) noexcept {
  using M = MathTraits<T>;
  using Bits = BitsOf<T>;
  // x = 2^n m with m in [sqrt(1/2), sqrt(2)); then ln m = 2 artanh((m - 1) / (m + 1)).
  constexpr Bits root_half = std::bit_cast<Bits>(T(0.70710678118654752440));
  const auto offset = bit_cast<Bits>(x) - Pack<Bits, L>(root_half);
  constexpr Bits bias =
      Bits{1} << (8 * sizeof(T) - M::mantissa_bits - 2);  // keeps the shift of n positive
  const auto biased =
      (offset + Pack<Bits, L>(bias << M::mantissa_bits)) >> M::mantissa_bits;  // n + bias
  const auto exponent = (biased - Pack<Bits, L>(bias)) << M::mantissa_bits;
  const auto m = bit_cast<T>(bit_cast<Bits>(x) - exponent);
  const auto n = bit_cast<T>(biased + Pack<Bits, L>(std::bit_cast<Bits>(M::rounder))) -
                 Pack<T, L>(M::rounder + T(bias));
  const Pack<T, L> one(T(1));
  const auto s = (m - one) / (m + one);
  const auto series = horner<artanh_series, M::log_terms>(s * s);
  return fma(n, Pack<T, L>(M::ln2_high), fma(s, series, n * Pack<T, L>(M::ln2_low)));
}

}  // namespace detail

/// ln x; -infinity at 0, NaN below, also right for subnormal x.
template <class T, int L>
EBM_INLINE Pack<T, L> log(const Pack<T, L>& x) noexcept {
  using Limits = std::numeric_limits<T>;
  using P = Pack<T, L>;
  const P zero(T(0)), infinity(Limits::infinity());
  const auto tiny = x < P(Limits::min());
  constexpr int shift = Limits::digits;
  const auto scaled = select(tiny, x * P(T(std::uint64_t{1} << shift)), x);
  const auto offset = select(tiny, P(T(-shift * 0.69314718055994530942)), zero);
  const auto value = detail::log_positive(scaled) + offset;
  const auto finite = select(x < infinity, value, x);
  return select(x < zero, P(Limits::quiet_NaN()),
                select(zero < x, finite, select(x < P(T(1)), -infinity, x)));
}

/// sin x and cos x at once, for |x| up to about 10^4 (float) or 10^8 (double; 10^6 where the target
/// has no FMA); less exact beyond.
///
/// Where the result is near 0 and |x| > 4, its absolute, not its relative error is small.
template <class T, int L>
EBM_INLINE void sincos(const Pack<T, L>& x, Pack<T, L>& sine, Pack<T, L>& cosine) noexcept {
  using M = detail::MathTraits<T>;
  using P = Pack<T, L>;
  const P rounder(M::rounder);
  const auto shifted = fma(x, P(T(0.63661977236758134308)), rounder);
  const auto n = shifted - rounder;
  // Cody and Waite: pi / 2 in three parts, the first two short enough to make n times them exact.
  auto r = fma(n, P(-M::half_pi[0]), x);
  r = fma(n, P(-M::half_pi[1]), r);
  r = fma(n, P(-M::half_pi[2]), r);
  detail::sincos_reduced(r, sine, cosine);
  detail::turn_quadrant(bit_cast<BitsOf<T>>(shifted), sine, cosine);
}

/// sin x; see `sincos`.
template <class T, int L>
EBM_INLINE Pack<T, L> sin(const Pack<T, L>& x) noexcept {
  Pack<T, L> sine, cosine;
  sincos(x, sine, cosine);
  return sine;
}

/// cos x; see `sincos`.
template <class T, int L>
EBM_INLINE Pack<T, L> cos(const Pack<T, L>& x) noexcept {
  Pack<T, L> sine, cosine;
  sincos(x, sine, cosine);
  return cosine;
}

/// 1 / (1 + e^-x).
template <class T, int L>
EBM_INLINE Pack<T, L> sigmoid(const Pack<T, L>& x) noexcept {
  using M = detail::MathTraits<T>;
  const Pack<T, L> one(T(1));
  // At the lower bound the exponent is that of infinity.
  const auto bounded = clamp(x, Pack<T, L>(-M::exp_high), Pack<T, L>(-M::exp_low));
  Pack<T, L> mantissa, scale;
  detail::exp_parts<-1, 0>(bounded, mantissa, scale);
  return one / fma(mantissa, scale, one);
}

/// ln(1 + e^x), without overflow: max(x, 0) + ln(1 + e^-|x|); for x < 0 its absolute, not its
/// relative error is small.
template <class T, int L>
EBM_INLINE Pack<T, L> softplus(const Pack<T, L>& x) noexcept {
  const Pack<T, L> one(T(1)), zero(T(0));
  return max(x, zero) + detail::log_positive(one + exp(-abs(x)));
}

/// (e^x - e^-x) / (e^x + e^-x); near 0 its absolute, not its relative error is small.
template <class T, int L>
EBM_INLINE Pack<T, L> tanh(const Pack<T, L>& x) noexcept {
  const Pack<T, L> one(T(1)), two(T(2));
  return one - two / (one + exp(two * x));
}

}  // namespace ebm::inline EBM_ABI
