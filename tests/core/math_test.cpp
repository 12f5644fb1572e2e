// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <ebm/core/math.hpp>
#include <ebm/core/standard_normal.hpp>
#include <ebm/random/stream.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace ebm;

namespace {

/// A function on packs, what <cmath> says in long double, and where they are compared.
template <class T>
struct Function {
  const char* name;
  Pack<T> (*apply)(const Pack<T>&);
  long double (*reference)(long double);
  double low, high;
  double floor;  ///< smaller results are measured in units of this one's last place
};

template <class T>
std::vector<Function<T>> functions() {
  using P = Pack<T>;
  using Real = long double;
  using Limits = std::numeric_limits<T>;
  constexpr bool single = sizeof(T) == 4;
  const double lowest = single ? -86.6 : -707.7, highest = single ? 88.72 : 709.78;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  const double far = single ? 1e4 : 1e8;
#else
  const double far = single ? 1e4 : 1e6;
#endif
  const auto exp_ = [](const P& x) { return exp(x); };
  const auto log_ = [](const P& x) { return log(x); };
  const auto sin_ = [](const P& x) { return sin(x); };
  const auto cos_ = [](const P& x) { return cos(x); };
  const auto sigmoid_ = [](const P& x) { return sigmoid(x); };
  const auto softplus_ = [](const P& x) { return softplus(x); };
  const auto tanh_ = [](const P& x) { return tanh(x); };
  const auto exp_of = [](Real x) { return std::exp(x); };
  const auto log_of = [](Real x) { return std::log(x); };
  const auto sin_of = [](Real x) { return std::sin(x); };
  const auto cos_of = [](Real x) { return std::cos(x); };
  const auto sigmoid_of = [](Real x) { return 1 / (1 + std::exp(-x)); };
  const auto softplus_of = [](Real x) {
    return std::max(x, Real(0)) + std::log1p(std::exp(-std::abs(x)));
  };
  const auto tanh_of = [](Real x) { return std::tanh(x); };
  return {{"exp", exp_, exp_of, lowest, highest, 0},
          {"exp", exp_, exp_of, -1, 1, 0},
          {"log", log_, log_of, 0.5, 2, 0},
          {"log", log_, log_of, 0.999, 1.001, 0},
          {"log", log_, log_of, 0, static_cast<double>(Limits::max()), 0},
          {"log", log_, log_of, 0, static_cast<double>(4 * Limits::min()), 0},
          {"sin", sin_, sin_of, -4, 4, 0},
          {"cos", cos_, cos_of, -4, 4, 0},
          {"sin", sin_, sin_of, -far, far, 1e-2},
          {"cos", cos_, cos_of, -far, far, 1e-2},
          {"sigmoid", sigmoid_, sigmoid_of, lowest + 1, highest, 0},
          {"sigmoid", sigmoid_, sigmoid_of, -20, 20, 0},
          {"softplus", softplus_, softplus_of, 0, highest, 0},
          {"softplus", softplus_, softplus_of, lowest, 0, 1},
          {"tanh", tanh_, tanh_of, -20, 20, 1}};
}

template <class T>
double ulps(T actual, long double expected, double floor) {
  int exponent;
  std::frexp(std::max(std::abs(expected), static_cast<long double>(floor)), &exponent);
  const long double ulp = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(std::abs(static_cast<long double>(actual) - expected) / ulp);
}

template <class T, class F>
T at(T x, const F& f) {
  return f(Pack<T>(x)).lane(5);
}

}  // namespace

TEMPLATE_TEST_CASE("functions are within 3 units in the last place", "", float, double) {
  using T = TestType;
  for (const auto& function : functions<T>()) {
    CAPTURE(function.name, function.low, function.high);
    Sequence draws(Rng{1}.stream(Purpose::user));
    double worst = 0;
    T worst_at = 0;
    for (int i = 0; i < 2000; ++i) {
      alignas(Pack<T>) T x[lanes];
      for (T& value : x) {
        value = static_cast<T>(function.low + (function.high - function.low) * draws.uniform());
      }
      const auto y = function.apply(Pack<T>::load(x));
      for (int lane = 0; lane < lanes; ++lane) {
        const double error = ulps(
            y.lane(lane), function.reference(static_cast<long double>(x[lane])), function.floor);
        if (!(error <= worst)) {
          worst = error;
          worst_at = x[lane];
        }
      }
    }
    CAPTURE(worst_at);
    CHECK(worst <= 3);
  }
}

TEMPLATE_TEST_CASE("the normal distribution is right to a few units in the last place", "", float,
                   double) {
  using T = TestType;
  const T lowest = sizeof(T) == 4 ? T(-13) : T(-37.5);
  double worst_density = 0, worst_cdf = 0;
  for (int i = 0; i <= 20000; ++i) {
    const T x = lowest + static_cast<T>(i) * (-2 * lowest / 20000);
    Pack<T> density, cdf;
    standard_normal(Pack<T>(x), density, cdf);
    const long double z = x, bell = std::exp(-z * z / 2) / std::sqrt(6.283185307179586476925L);
    worst_density = std::max(worst_density, ulps(density.lane(3), bell, 0));
    worst_cdf = std::max(worst_cdf, ulps(cdf.lane(3), std::erfc(-z / std::sqrt(2.0L)) / 2, 0));
  }
  CHECK(worst_density <= 4);
  CHECK(worst_cdf <= 6);

  const auto cdf_of = [](T x) {
    Pack<T> density, cdf;
    standard_normal(Pack<T>(x), density, cdf);
    return cdf.lane(0);
  };
  const T infinity = std::numeric_limits<T>::infinity();
  CHECK(cdf_of(-infinity) == 0);
  CHECK(cdf_of(infinity) == 1);
  CHECK(cdf_of(0) == T(0.5));
  CHECK(std::isnan(cdf_of(std::numeric_limits<T>::quiet_NaN())));
}

TEMPLATE_TEST_CASE("logarithms are right for every exponent, subnormal numbers included", "", float,
                   double) {
  using T = TestType;
  using Limits = std::numeric_limits<T>;
  const auto log_of = [](T x) { return at(x, [](const auto& p) { return log(p); }); };
  for (int exponent = Limits::min_exponent - Limits::digits; exponent < Limits::max_exponent;
       ++exponent) {
    for (const double mantissa : {1.0, 1.3, 1.41421356, 1.5, 1.999}) {
      const T x = std::ldexp(static_cast<T>(mantissa), exponent);
      CAPTURE(x);
      CHECK(ulps(log_of(x), std::log(static_cast<long double>(x)), 0) <= 3);
    }
  }
}

TEMPLATE_TEST_CASE("special arguments have the results of <cmath>", "", float, double) {
  using T = TestType;
  using Limits = std::numeric_limits<T>;
  const T infinity = Limits::infinity(), nan = Limits::quiet_NaN(), tiny = Limits::denorm_min();
  const auto check = [](const auto& f, const auto& reference, std::initializer_list<T> arguments) {
    for (const T x : arguments) {
      const T actual = at(x, f), expected = reference(x);
      CAPTURE(x, actual, expected);
      if (std::isnan(expected)) {
        CHECK(std::isnan(actual));
      } else {
        CHECK(actual == expected);
        CHECK(std::signbit(actual) == std::signbit(expected));
      }
    }
  };
  const auto exp_ = [](const auto& x) { return exp(x); };
  const auto exp_of = [](T x) { return std::exp(x); };
  check(exp_, exp_of, {T(0), -T(0), tiny, infinity, -infinity, nan, T(1000), T(-1000)});
  const auto log_ = [](const auto& x) { return log(x); };
  const auto log_of = [](T x) { return std::log(x); };
  check(log_, log_of, {T(0), -T(0), T(1), infinity, -infinity, nan, T(-1), -tiny});
  const auto sin_ = [](const auto& x) { return sin(x); };
  const auto sin_of = [](T x) { return std::sin(x); };
  check(sin_, sin_of, {T(0), -T(0), tiny, infinity, -infinity, nan});
  const auto cos_ = [](const auto& x) { return cos(x); };
  const auto cos_of = [](T x) { return std::cos(x); };
  check(cos_, cos_of, {T(0), -T(0), tiny, infinity, -infinity, nan});
  const auto sigmoid_ = [](const auto& x) { return sigmoid(x); };
  const auto sigmoid_of = [](T x) { return 1 / (1 + std::exp(-x)); };
  check(sigmoid_, sigmoid_of, {T(0), -T(0), tiny, infinity, -infinity, nan, T(1000), T(-1000)});
  const auto softplus_ = [](const auto& x) { return softplus(x); };
  const auto softplus_of = [](T x) {
    return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
  };
  check(softplus_, softplus_of, {infinity, -infinity, T(1000), T(-1000)});
  CHECK(std::isnan(at(nan, softplus_)));
  const auto tanh_ = [](const auto& x) { return tanh(x); };
  const auto tanh_of = [](T x) { return std::tanh(x); };
  check(tanh_, tanh_of, {T(0), infinity, -infinity, nan, T(1000), T(-1000)});
}

TEMPLATE_TEST_CASE("exp is 0 below its documented range and infinite where it overflows", "", float,
                   double) {
  using T = TestType;
  const auto exp_of = [](double x) {
    return at(static_cast<T>(x), [](const auto& p) { return exp(p); });
  };
  constexpr bool single = sizeof(T) == 4;
  CHECK(exp_of(single ? -86.59 : -707.69) > 0);
  CHECK(exp_of(single ? -86.61 : -707.71) == 0);
  CHECK(std::isfinite(exp_of(single ? 88.72 : 709.78)));
  CHECK(std::isinf(exp_of(single ? 88.74 : 709.80)));
}

TEMPLATE_TEST_CASE("a lane has the same bits alone and in a full pack", "", float, double) {
  using T = TestType;
  using Bits = BitsOf<T>;
  const auto check = [](const auto& f, double low, double high) {
    Sequence draws(Rng{2}.stream(Purpose::user));
    for (int i = 0; i < 1000; ++i) {
      const T x = static_cast<T>(low + (high - low) * draws.uniform());
      CAPTURE(x);
      CHECK(std::bit_cast<Bits>(f(Pack<T, 1>(x)).lane(0)) ==
            std::bit_cast<Bits>(f(Pack<T>(x)).lane(11)));
    }
  };
  check([](const auto& x) { return exp(x); }, -90, 90);
  check([](const auto& x) { return log(x); }, 0, 10);
  check([](const auto& x) { return sin(x); }, -50, 50);
  check([](const auto& x) { return cos(x); }, -50, 50);
  check([](const auto& x) { return sigmoid(x); }, -20, 20);
  check([](const auto& x) { return softplus(x); }, -20, 20);
  check([](const auto& x) { return tanh(x); }, -10, 10);
}
