// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <ebm/core/pack.hpp>
#include <limits>

#include "support/catch.hpp"

using namespace ebm;

namespace {

/// Different numbers in the lanes; `step` and `start` may be fractions.
template <class P>
P ramp(double start, double step) {
  using T = typename P::value_type;
  alignas(P) T values[P::size];
  for (int lane = 0; lane < P::size; ++lane) values[lane] = static_cast<T>(start + step * lane);
  return P::load(values);
}

/// Checks `actual` against `expected(lane)` in every lane.
template <class P, class F>
void check_lanes(const P& actual, const F& expected) {
  for (int lane = 0; lane < P::size; ++lane) {
    CAPTURE(lane);
    CHECK(actual.lane(lane) == expected(lane));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("packs are arrays of lanes in memory, and broadcast one value", "",
                   (Pack<float, 16>), (Pack<float, 1>), (Pack<double, 16>), (Pack<double, 1>),
                   (Pack<std::uint32_t, 16>), (Pack<std::uint32_t, 1>)) {
  using P = TestType;
  using T = typename P::value_type;
  STATIC_REQUIRE(sizeof(P) == sizeof(T) * P::size);
  alignas(P) T in[P::size], out[P::size];
  for (int lane = 0; lane < P::size; ++lane) in[lane] = static_cast<T>(3 * lane + 1);
  const P loaded = P::load(in);
  loaded.store(out);
  CHECK(std::equal(in, in + P::size, out));
  CHECK(std::equal(in, in + P::size, reinterpret_cast<const T*>(&loaded)));
  check_lanes(loaded, [&](int lane) { return in[lane]; });
  check_lanes(P(T(7)), [](int) { return T(7); });
}

TEMPLATE_TEST_CASE("arithmetic and comparisons act lane by lane", "", (Pack<float, 16>),
                   (Pack<float, 1>), (Pack<double, 16>), (Pack<double, 1>)) {
  using P = TestType;
  using T = typename P::value_type;
  const P a = ramp<P>(-3.25, 0.7), b = ramp<P>(5.5, -0.6), c = ramp<P>(0.1, 0.3);
  check_lanes(a + b, [&](int i) { return a.lane(i) + b.lane(i); });
  check_lanes(a - b, [&](int i) { return a.lane(i) - b.lane(i); });
  check_lanes(a * b, [&](int i) { return a.lane(i) * b.lane(i); });
  check_lanes(a / b, [&](int i) { return a.lane(i) / b.lane(i); });
  check_lanes(sqrt(c), [&](int i) { return std::sqrt(c.lane(i)); });
  check_lanes(-a, [&](int i) { return -a.lane(i); });
  check_lanes(abs(a), [&](int i) { return std::abs(a.lane(i)); });
  check_lanes(min(a, b), [&](int i) { return std::min(a.lane(i), b.lane(i)); });
  check_lanes(max(a, b), [&](int i) { return std::max(a.lane(i), b.lane(i)); });
  check_lanes(clamp(a, P(T(-1)), P(T(2))),
              [&](int i) { return std::clamp(a.lane(i), T(-1), T(2)); });
  check_lanes(select(a < b, a, c),
              [&](int i) { return a.lane(i) < b.lane(i) ? a.lane(i) : c.lane(i); });
  check_lanes(select(a > b, a, c),
              [&](int i) { return a.lane(i) > b.lane(i) ? a.lane(i) : c.lane(i); });
  P sum = a;
  sum += b;
  sum *= c;
  sum -= a;
  check_lanes(sum, [&](int i) { return (a.lane(i) + b.lane(i)) * c.lane(i) - a.lane(i); });
}

TEMPLATE_TEST_CASE("fma multiplies and adds, with one rounding where the machine can", "",
                   (Pack<float, 16>), (Pack<float, 1>), (Pack<double, 16>), (Pack<double, 1>)) {
  using P = TestType;
  using T [[maybe_unused]] = typename P::value_type;  // without FMA
  const P a = ramp<P>(-3, 2), b = ramp<P>(9, -1), c = ramp<P>(4, 5);
  check_lanes(fma(a, b, c), [&](int i) { return a.lane(i) * b.lane(i) + c.lane(i); });
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  constexpr T epsilon = std::numeric_limits<T>::epsilon();
  check_lanes(fma(P(1 + epsilon), P(1 - epsilon), P(T(-1))),
              [](int) { return -epsilon * epsilon; });
#endif
}

TEMPLATE_TEST_CASE("unsigned words wrap, shift and compare as unsigned", "",
                   (Pack<std::uint32_t, 16>), (Pack<std::uint32_t, 1>), (Pack<std::uint64_t, 16>),
                   (Pack<std::uint64_t, 1>)) {
  using P = TestType;
  using T = typename P::value_type;
  constexpr T high = T{1} << (8 * sizeof(T) - 1);
  const P small = ramp<P>(3, 1000003), large = small + P(high);
  check_lanes(small - large, [&](int) { return high; });
  check_lanes(large + large, [&](int i) { return static_cast<T>(2 * small.lane(i)); });
  check_lanes(large & small, [&](int i) { return large.lane(i) & small.lane(i); });
  check_lanes(large | small, [&](int i) { return large.lane(i) | small.lane(i); });
  check_lanes(large ^ small, [&](int i) { return large.lane(i) ^ small.lane(i); });
  for (const int bits : {0, 1, 8, static_cast<int>(8 * sizeof(T)) - 1}) {
    CAPTURE(bits);
    check_lanes(large << bits, [&](int i) { return static_cast<T>(large.lane(i) << bits); });
    check_lanes(large >> bits, [&](int i) { return static_cast<T>(large.lane(i) >> bits); });
  }
  check_lanes(select(small < large, P(T(1)), P(T(0))), [](int) { return T(1); });
  check_lanes(select(large < small, P(T(1)), P(T(0))), [](int) { return T(0); });
}

TEST_CASE("32-bit words multiply modulo 2^32") {
  using Words = Pack<std::uint32_t>;
  const Words words = ramp<Words>(123456789, 234567891);
  check_lanes(words * Words(2654435769u), [&](int i) { return words.lane(i) * 2654435769u; });
}

TEMPLATE_TEST_CASE("NaN compares false: min and max keep their first argument, clamp keeps NaN", "",
                   (Pack<float, 16>), (Pack<float, 1>), (Pack<double, 16>), (Pack<double, 1>)) {
  using P = TestType;
  using T = typename P::value_type;
  const P nan(std::numeric_limits<T>::quiet_NaN()), one(T(1)), two(T(2));
  const int last = P::size - 1;
  CHECK(select(nan < one, one, two).lane(last) == 2);
  CHECK(select(one < nan, one, two).lane(last) == 2);
  CHECK(select(nan > one, one, two).lane(last) == 2);
  CHECK(std::isnan(min(nan, one).lane(last)));
  CHECK(min(one, nan).lane(last) == 1);
  CHECK(std::isnan(max(nan, one).lane(last)));
  CHECK(max(one, nan).lane(last) == 1);
  CHECK(std::isnan(clamp(nan, one, two).lane(last)));
}

TEMPLATE_TEST_CASE("negation and abs change only the sign bit, of zero and NaN too", "",
                   (Pack<float, 16>), (Pack<float, 1>), (Pack<double, 16>), (Pack<double, 1>)) {
  using P = TestType;
  using T = typename P::value_type;
  using Bits = BitsOf<T>;
  constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
  using Limits = std::numeric_limits<T>;
  for (const T x : {T(0), -T(0), T(1.5), -Limits::infinity(), Limits::quiet_NaN(),
                    -Limits::quiet_NaN(), Limits::denorm_min()}) {
    const Bits bits = std::bit_cast<Bits>(x);
    CHECK(std::bit_cast<Bits>((-P(x)).lane(0)) == (bits ^ sign));
    CHECK(std::bit_cast<Bits>(abs(P(x)).lane(0)) == (bits & ~sign));
    CHECK(bit_cast<Bits>(P(x)).lane(0) == bits);
  }
}

TEST_CASE("the sum over lanes is taken in the order of the lanes") {
  alignas(Pack<float>) float values[lanes];
  for (int lane = 0; lane < lanes; ++lane) {
    values[lane] = lane % 3 == 0 ? 1e8f : lane % 3 == 1 ? 1.5f : -1e8f;
  }
  float expected = 0;
  for (const float value : values) expected += value;
  CHECK(sum_lanes(Pack<float>::load(values)) == expected);
  CHECK(sum_lanes(Pack<float, 1>(3.5f)) == 3.5f);
}
