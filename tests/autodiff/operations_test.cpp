// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/autodiff/operations.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

namespace {

template <class T>
using Variable = Var<Tape<T>, Scalar, true>;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A function of one variable, what <cmath> makes of it, and where it is tested.
template <class T>
struct Unary {
  const char* name;
  Variable<T> (*apply)(const Variable<T>&);
  double (*reference)(double);
  double low, high;
};

template <class T>
std::vector<Unary<T>> unary_operations() {
  using V = Variable<T>;
  return {
      {"a + 2", [](const V& a) { return a + T(2); }, [](double a) { return a + 2; }, -3, 3},
      {"2 + a", [](const V& a) { return T(2) + a; }, [](double a) { return 2 + a; }, -3, 3},
      {"a - 2", [](const V& a) { return a - T(2); }, [](double a) { return a - 2; }, -3, 3},
      {"2 - a", [](const V& a) { return T(2) - a; }, [](double a) { return 2 - a; }, -3, 3},
      {"a * 3", [](const V& a) { return a * T(3); }, [](double a) { return a * 3; }, -3, 3},
      {"3 * a", [](const V& a) { return T(3) * a; }, [](double a) { return 3 * a; }, -3, 3},
      {"a / 3", [](const V& a) { return a / T(3); }, [](double a) { return a / 3; }, -3, 3},
      {"3 / a", [](const V& a) { return T(3) / a; }, [](double a) { return 3 / a; }, 0.5, 3},
      {"-a", [](const V& a) { return -a; }, [](double a) { return -a; }, -3, 3},
      {"square", [](const V& a) { return square(a); }, [](double a) { return a * a; }, -3, 3},
      {"abs", [](const V& a) { return abs(a); }, [](double a) { return std::abs(a); }, -3, 3},
      {"sqrt", [](const V& a) { return sqrt(a); }, [](double a) { return std::sqrt(a); }, 0.1, 9},
      {"exp", [](const V& a) { return exp(a); }, [](double a) { return std::exp(a); }, -5, 5},
      {"log", [](const V& a) { return log(a); }, [](double a) { return std::log(a); }, 0.1, 9},
      {"sin", [](const V& a) { return sin(a); }, [](double a) { return std::sin(a); }, -9, 9},
      {"cos", [](const V& a) { return cos(a); }, [](double a) { return std::cos(a); }, -9, 9},
      {"tanh", [](const V& a) { return tanh(a); }, [](double a) { return std::tanh(a); }, -4, 4},
      {"sigmoid", [](const V& a) { return sigmoid(a); },
       [](double a) { return 1 / (1 + std::exp(-a)); }, -9, 9},
      {"softplus", [](const V& a) { return softplus(a); },
       [](double a) { return std::log1p(std::exp(a)); }, -9, 9},
      {"swish", [](const V& a) { return swish(a); },
       [](double a) { return a / (1 + std::exp(-a)); }, -9, 9},
      {"relu", [](const V& a) { return relu(a); }, [](double a) { return std::max(a, 0.0); }, -3,
       3},
      {"leaky_relu", [](const V& a) { return leaky_relu<std::ratio<1, 5>>(a); },
       [](double a) { return std::max(a, a / 5); }, -3, 3},
      {"elu", [](const V& a) { return elu(a); }, [](double a) { return a > 0 ? a : std::expm1(a); },
       -9, 9},
      {"gelu", [](const V& a) { return gelu(a); },
       [](double a) { return a * std::erfc(-a / std::sqrt(2.0)) / 2; }, -9, 9},
  };
}

/// A function of two variables.
template <class T>
struct Binary {
  const char* name;
  Variable<T> (*apply)(const Variable<T>&, const Variable<T>&);
  double (*reference)(double, double);
};

template <class T>
std::vector<Binary<T>> binary_operations() {
  using V = Variable<T>;
  return {
      {"a + b", [](const V& a, const V& b) { return a + b; },
       [](double a, double b) { return a + b; }},
      {"a - b", [](const V& a, const V& b) { return a - b; },
       [](double a, double b) { return a - b; }},
      {"a * b", [](const V& a, const V& b) { return a * b; },
       [](double a, double b) { return a * b; }},
      {"a / b", [](const V& a, const V& b) { return a / b; },
       [](double a, double b) { return a / b; }},
      {"log_sum_exp", [](const V& a, const V& b) { return log_sum_exp(a, b); },
       [](double a, double b) { return std::log(std::exp(a) + std::exp(b)); }},
  };
}

/// One number a lane, evenly from `low` to `high`.
template <class T>
Pack<T> ramp(double low, double high) {
  alignas(Pack<T>) T values[lanes];
  for (int lane = 0; lane < lanes; ++lane) {
    values[lane] = static_cast<T>(low + (high - low) * lane / (lanes - 1));
  }
  return Pack<T>::load(values);
}

/// |actual - expected|, relative where |expected| is above 1.
double difference(double actual, double expected) {
  return std::abs(actual - expected) / std::max(1.0, std::abs(expected));
}

template <class F>
double central_difference(const F& f, double x) {
  constexpr double h = 1e-5;
  return (f(x + h) - f(x - h)) / (2 * h);
}

/// Value and derivative of an operation at `x`, in lane 0.
struct Point {
  double value;
  double slope;
};

template <class F>
Point at(double x, const F& f) {
  Tape<double> tape;
  const Pack<double> value(x);
  const auto a = tape.input<Scalar>(&value);
  const auto y = f(a);
  tape.backward(y);
  return {y.value().lane(0), a.adjoint().lane(0)};
}

}  // namespace

TEMPLATE_TEST_CASE("operations of one variable have the values of <cmath>", "", float, double) {
  using T = TestType;
  for (const auto& operation : unary_operations<T>()) {
    const Pack<T> x = ramp<T>(operation.low, operation.high);
    Tape<T> tape;
    const auto y = operation.apply(tape.template input<Scalar>(&x));
    for (int lane = 0; lane < lanes; ++lane) {
      CAPTURE(operation.name, x.lane(lane));
      const double expected = operation.reference(static_cast<double>(x.lane(lane)));
      CHECK(difference(static_cast<double>(y.value().lane(lane)), expected) <=
            4 * static_cast<double>(std::numeric_limits<T>::epsilon()));
    }
  }
}

TEMPLATE_TEST_CASE("operations of one variable have the derivatives of finite differences", "",
                   float, double) {
  using T = TestType;
  const Pack<T> seed = ramp<T>(-1, 2);
  for (const auto& operation : unary_operations<T>()) {
    const Pack<T> x = ramp<T>(operation.low, operation.high);
    Tape<T> tape;
    const auto a = tape.template input<Scalar>(&x);
    tape.backward(operation.apply(a), seed);
    for (int lane = 0; lane < lanes; ++lane) {
      CAPTURE(operation.name, x.lane(lane));
      const double slope =
          central_difference(operation.reference, static_cast<double>(x.lane(lane)));
      CHECK(difference(static_cast<double>(a.adjoint().lane(lane)),
                       static_cast<double>(seed.lane(lane)) * slope) < 1e-6);
    }
  }
}

TEMPLATE_TEST_CASE("operations of two variables have the right values and both derivatives", "",
                   float, double) {
  using T = TestType;
  const Pack<T> x = ramp<T>(-2, 3), y = ramp<T>(4, 0.5), seed = ramp<T>(-1, 2);
  for (const auto& operation : binary_operations<T>()) {
    Tape<T> tape;
    const auto a = tape.template input<Scalar>(&x), b = tape.template input<Scalar>(&y);
    const auto result = operation.apply(a, b);
    tape.backward(result, seed);
    for (int lane = 0; lane < lanes; ++lane) {
      CAPTURE(operation.name, lane);
      const auto u = static_cast<double>(x.lane(lane)), v = static_cast<double>(y.lane(lane));
      const auto weight = static_cast<double>(seed.lane(lane));
      CHECK(difference(static_cast<double>(result.value().lane(lane)), operation.reference(u, v)) <=
            static_cast<double>(std::numeric_limits<T>::epsilon()));
      const auto in_u = [&](double value) { return operation.reference(value, v); };
      const auto in_v = [&](double value) { return operation.reference(u, value); };
      CHECK(difference(static_cast<double>(a.adjoint().lane(lane)),
                       weight * central_difference(in_u, u)) < 1e-6);
      CHECK(difference(static_cast<double>(b.adjoint().lane(lane)),
                       weight * central_difference(in_v, v)) < 1e-6);
    }
  }
}

TEST_CASE("sums over a block reach every element") {
  constexpr int count = 5;
  std::array<Pack<double>, count> values;
  for (int i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = ramp<double>(i - 2, i + 1);
  Tape<double> tape;
  const auto x = tape.input<Shape<count>>(values.data());
  const auto y = sum(x) + 10.0 * squared_norm(x);
  tape.backward(y);
  for (int lane = 0; lane < lanes; ++lane) {
    double expected = 0;
    for (int i = 0; i < count; ++i) {
      const double v = x[i].value().lane(lane);
      expected += v + 10 * v * v;
      CHECK(x[i].adjoint().lane(lane) == Approx(1 + 20 * v).margin(1e-13));
    }
    CHECK(y.value().lane(lane) == Approx(expected).margin(1e-13));
  }
}

TEST_CASE("a composed formula has the derivative of the chain rule") {
  // y = swish(a b) - log(1 + a^2) / b
  const auto formula = [](double a, double b) {
    return a * b / (1 + std::exp(-a * b)) - std::log(1 + a * a) / b;
  };
  Tape<double> tape;
  const std::array<Pack<double>, 2> values{Pack<double>(0.7), Pack<double>(-1.3)};
  const auto x = tape.input<Shape<2>>(values.data());
  const auto y = swish(x[0] * x[1]) - log(1.0 + square(x[0])) / x[1];
  tape.backward(y);
  CHECK(y.value().lane(9) == Approx(formula(0.7, -1.3)).epsilon(1e-14));
  const auto in_a = [&](double a) { return formula(a, -1.3); };
  const auto in_b = [&](double b) { return formula(0.7, b); };
  CHECK(x[0].adjoint().lane(9) == Approx(central_difference(in_a, 0.7)).epsilon(1e-8));
  CHECK(x[1].adjoint().lane(9) == Approx(central_difference(in_b, -1.3)).epsilon(1e-8));
}

TEST_CASE("outside of its domain an operation is NaN, and on the border as steep as it should be") {
  const auto log_at = [](double x) { return at(x, [](const auto& a) { return log(a); }); };
  CHECK(std::isnan(log_at(-1).value));
  CHECK(std::isnan(log_at(-1).slope));
  CHECK(log_at(0).value == -infinity);
  CHECK(log_at(0).slope == infinity);

  const auto sqrt_at = [](double x) { return at(x, [](const auto& a) { return sqrt(a); }); };
  CHECK(std::isnan(sqrt_at(-1).value));
  CHECK(std::isnan(sqrt_at(-1).slope));
  CHECK(sqrt_at(0).value == 0);
  CHECK(sqrt_at(0).slope == infinity);

  const auto inverse_at = [](double x) { return at(x, [](const auto& a) { return 1.0 / a; }); };
  CHECK(inverse_at(0).value == infinity);
  CHECK(inverse_at(0).slope == -infinity);

  CHECK(at(0, [](const auto& a) { return abs(a); }).slope == 0);
}

TEST_CASE("saturated operations have finite values and slopes") {
  for (const double x : {-1000.0, 1000.0}) {
    CAPTURE(x);
    const double step = x > 0;
    const auto sigmoid_point = at(x, [](const auto& a) { return sigmoid(a); });
    CHECK(sigmoid_point.value == step);
    CHECK(sigmoid_point.slope == 0);
    const auto tanh_point = at(x, [](const auto& a) { return tanh(a); });
    CHECK(tanh_point.value == 2 * step - 1);
    CHECK(tanh_point.slope == 0);
    const auto softplus_point = at(x, [](const auto& a) { return softplus(a); });
    CHECK(softplus_point.value == step * x);
    CHECK(softplus_point.slope == step);
    const auto swish_point = at(x, [](const auto& a) { return swish(a); });
    CHECK(swish_point.value == step * x);
    CHECK(swish_point.slope == step);
  }
}

TEST_CASE("NaN in one lane stays in that lane") {
  alignas(Pack<double>) double values[lanes] = {};
  values[3] = std::numeric_limits<double>::quiet_NaN();
  for (const auto& operation : unary_operations<double>()) {
    if (operation.low > 0) continue;
    CAPTURE(operation.name);
    const auto x = Pack<double>::load(values);
    Tape<double> tape;
    const auto a = tape.input<Scalar>(&x);
    const auto y = operation.apply(a);
    tape.backward(y);
    for (int lane = 0; lane < lanes; ++lane) {
      CHECK(std::isnan(y.value().lane(lane)) == (lane == 3));
      CHECK(std::isfinite(a.adjoint().lane(lane)) | (lane == 3));
    }
  }
}

TEST_CASE("operands of two tapes are refused") {
  Tape<double> one, two;
  const Pack<double> value(1);
  const auto a = one.input<Scalar>(&value), b = two.input<Scalar>(&value);
  CHECK(message_of<InvalidArgument>([&] { a + b; }) == "operator+: the operands live on two tapes");
  CHECK(message_of<InvalidArgument>([&] { a - b; }) == "operator-: the operands live on two tapes");
  CHECK(message_of<InvalidArgument>([&] { a* b; }) == "operator*: the operands live on two tapes");
  CHECK(message_of<InvalidArgument>([&] { a / b; }) == "operator/: the operands live on two tapes");
  CHECK(message_of<InvalidArgument>([&] { log_sum_exp(a, b); }) ==
        "log_sum_exp: the operands live on two tapes");
}
