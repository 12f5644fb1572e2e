// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/var.hpp>
#include <ebm/core/math.hpp>
#include <ebm/kernels/activation.hpp>
#include <limits>

/// The free functions of scalar variables: each is its value and its adjoint rule, side by side.
///
/// dy stands for the adjoint of the result. Outside of a function's domain value and adjoint are
/// NaN, as in the pack functions of core/math.hpp. Mixing variables of two tapes throws
/// `InvalidArgument`.
namespace ebm::inline EBM_ABI {

/// Puts the result of an operation on the tape: its value, and its rule for the way back.
///
/// Active: whether an operand is; `rule(dy)` adds to the adjoints of the operands, by
/// `Var::add_adjoint`; it holds pointers and numbers only
template <bool Active, class Tape, class Rule>
auto record(Tape& tape, const typename Tape::PackType& value, const Rule& rule) {
  typename Tape::PackType* stored = tape.allocate(1);
  *stored = value;
  const auto y = tape.template make_var<Scalar, Active>(stored);
  if constexpr (Active) {
    tape.on_backward([y, rule] { rule(y.adjoint()); });
  }
  return y;
}

namespace detail {

template <ScalarVar A, class Rule>
auto unary(const A& a, const typename A::PackType& value, const Rule& rule) {
  return record<A::active>(*a.tape(), value, rule);
}

template <ScalarVar A, ScalarVar B, class Rule>
auto binary(const char* name, const A& a, const B& b, const typename A::PackType& value,
            const Rule& rule) {
  static_assert(std::same_as<typename A::Tape, typename B::Tape>,
                "both operands of an operation live on one tape");
  require(a.tape() == b.tape(), name, ": the operands live on two tapes");
  return record < A::active || B::active > (*a.tape(), value, rule);
}

template <ScalarVar A>
auto constant_like(const A& a, typename A::value_type value) {
  return record<false>(*a.tape(), typename A::PackType(value), nullptr);
}

}  // namespace detail

/// y = a + b; da = dy, db = dy
template <ScalarVar A, ScalarVar B>
auto operator+(const A& a, const B& b) {
  return detail::binary("operator+", a, b, a.value() + b.value(), [a, b](const auto& dy) {
    a.add_adjoint(dy);
    b.add_adjoint(dy);
  });
}

/// y = a - b; da = dy, db = -dy
template <ScalarVar A, ScalarVar B>
auto operator-(const A& a, const B& b) {
  return detail::binary("operator-", a, b, a.value() - b.value(), [a, b](const auto& dy) {
    a.add_adjoint(dy);
    b.add_adjoint(-dy);
  });
}

/// y = a b; da = b dy, db = a dy
template <ScalarVar A, ScalarVar B>
auto operator*(const A& a, const B& b) {
  return detail::binary("operator*", a, b, a.value() * b.value(), [a, b](const auto& dy) {
    a.add_adjoint(b.value() * dy);
    b.add_adjoint(a.value() * dy);
  });
}

/// y = a / b; da = dy / b, db = -y dy / b
template <ScalarVar A, ScalarVar B>
auto operator/(const A& a, const B& b) {
  const auto y = a.value() / b.value();
  return detail::binary("operator/", a, b, y, [a, b, y](const auto& dy) {
    a.add_adjoint(dy / b.value());
    b.add_adjoint(-(y * dy / b.value()));
  });
}

/// y = ln(e^a + e^b), without overflow; da = e^(a - y) dy, db = e^(b - y) dy
template <ScalarVar A, ScalarVar B>
auto log_sum_exp(const A& a, const B& b) {
  const auto largest = max(a.value(), b.value());
  const auto of_a = exp(a.value() - largest), of_b = exp(b.value() - largest), all = of_a + of_b;
  return detail::binary("log_sum_exp", a, b, largest + log(all), [=](const auto& dy) {
    a.add_adjoint(of_a / all * dy);
    b.add_adjoint(of_b / all * dy);
  });
}

/// The same with a number, which has no adjoint.
/// @{
template <ScalarVar A>
auto operator+(const A& a, typename A::value_type b) {
  return detail::unary(a, a.value() + typename A::PackType(b),
                       [a](const auto& dy) { a.add_adjoint(dy); });
}
template <ScalarVar A>
auto operator+(typename A::value_type a, const A& b) {
  return b + a;
}
template <ScalarVar A>
auto operator-(const A& a, typename A::value_type b) {
  return a + (-b);
}
template <ScalarVar A>
auto operator-(typename A::value_type a, const A& b) {
  return detail::unary(b, typename A::PackType(a) - b.value(),
                       [b](const auto& dy) { b.add_adjoint(-dy); });
}
template <ScalarVar A>
auto operator*(const A& a, typename A::value_type b) {
  const typename A::PackType factor(b);
  return detail::unary(a, a.value() * factor,
                       [a, factor](const auto& dy) { a.add_adjoint(factor * dy); });
}
template <ScalarVar A>
auto operator*(typename A::value_type a, const A& b) {
  return b * a;
}
template <ScalarVar A>
auto operator/(const A& a, typename A::value_type b) {
  const typename A::PackType divisor(b);
  return detail::unary(a, a.value() / divisor,
                       [a, divisor](const auto& dy) { a.add_adjoint(dy / divisor); });
}
template <ScalarVar A>
auto operator/(typename A::value_type a, const A& b) {
  return detail::constant_like(b, a) / b;
}
/// @}

/// y = -a; da = -dy
template <ScalarVar A>
auto operator-(const A& a) {
  return detail::unary(a, -a.value(), [a](const auto& dy) { a.add_adjoint(-dy); });
}

/// y = a^2; da = 2 a dy
template <ScalarVar A>
auto square(const A& a) {
  return detail::unary(a, a.value() * a.value(),
                       [a](const auto& dy) { a.add_adjoint((a.value() + a.value()) * dy); });
}

/// y = |a|; da = dy for a > 0, -dy for a < 0, 0 at 0
template <ScalarVar A>
auto abs(const A& a) {
  return detail::unary(a, abs(a.value()), [a](const auto& dy) {
    using P = typename A::PackType;
    const P zero(0);
    a.add_adjoint(select(a.value() < zero, -dy, select(zero < a.value(), dy, zero)));
  });
}

/// y = sqrt(a), a >= 0; da = dy / (2 y)
template <ScalarVar A>
auto sqrt(const A& a) {
  const auto y = sqrt(a.value());
  return detail::unary(a, y, [a, y](const auto& dy) { a.add_adjoint(dy / (y + y)); });
}

/// y = e^a; da = y dy
template <ScalarVar A>
auto exp(const A& a) {
  const auto y = exp(a.value());
  return detail::unary(a, y, [a, y](const auto& dy) { a.add_adjoint(y * dy); });
}

/// y = ln a, a >= 0; da = dy / a
template <ScalarVar A>
auto log(const A& a) {
  return detail::unary(a, log(a.value()), [a](const auto& dy) {
    using P = typename A::PackType;
    const P nan(std::numeric_limits<typename A::value_type>::quiet_NaN());
    a.add_adjoint(select(a.value() < P(0), nan, dy / a.value()));
  });
}

/// y = sin a; da = cos a dy
template <ScalarVar A>
auto sin(const A& a) {
  typename A::PackType sine, cosine;
  sincos(a.value(), sine, cosine);
  return detail::unary(a, sine, [a, cosine](const auto& dy) { a.add_adjoint(cosine * dy); });
}

/// y = cos a; da = -sin a dy
template <ScalarVar A>
auto cos(const A& a) {
  typename A::PackType sine, cosine;
  sincos(a.value(), sine, cosine);
  return detail::unary(a, cosine, [a, sine](const auto& dy) { a.add_adjoint(-(sine * dy)); });
}

/// y = k(a) with an activation function k of kernels/activation.hpp; da = k'(a) dy
template <kernels::Activation Kernel, ScalarVar A>
auto activate(const A& a) {
  typename A::PackType y, slope;
  Kernel::value_and_slope(a.value(), y, slope);
  return detail::unary(a, y, [a, slope](const auto& dy) { a.add_adjoint(slope * dy); });
}

/// y = s(a) = 1 / (1 + e^-a); da = y (1 - y) dy
template <ScalarVar A>
auto sigmoid(const A& a) {
  using P = typename A::PackType;
  const auto y = sigmoid(a.value());
  return detail::unary(a, y, [a, y](const auto& dy) { a.add_adjoint(y * (P(1) - y) * dy); });
}

/// Activation functions by their names in formulas; see `activate`.
/// @{
template <ScalarVar A>
auto tanh(const A& a) {
  return activate<kernels::Tanh>(a);
}
template <ScalarVar A>
auto softplus(const A& a) {
  return activate<kernels::Softplus>(a);
}
template <ScalarVar A>
auto swish(const A& a) {
  return activate<kernels::Swish>(a);
}
template <ScalarVar A>
auto relu(const A& a) {
  return activate<kernels::Relu>(a);
}
template <class Slope = std::ratio<1, 100>, ScalarVar A>
auto leaky_relu(const A& a) {
  return activate<kernels::LeakyRelu<Slope>>(a);
}
template <ScalarVar A>
auto elu(const A& a) {
  return activate<kernels::Elu>(a);
}
template <ScalarVar A>
auto gelu(const A& a) {
  return activate<kernels::Gelu>(a);
}
/// @}

/// y = the sum of a block's elements, in memory order; da_i = dy
template <class Tape, class S, bool Active>
auto sum(const Var<Tape, S, Active>& a) {
  auto total = a.data()[0];
  for (int i = 1; i < S::size; ++i) total += a.data()[i];
  return record<Active>(*a.tape(), total, [a](const auto& dy) {
    for (int i = 0; i < S::size; ++i) a[i].add_adjoint(dy);
  });
}

/// y = the sum of a block's squared elements; da_i = 2 a_i dy
template <class Tape, class S, bool Active>
auto squared_norm(const Var<Tape, S, Active>& a) {
  auto total = a.data()[0] * a.data()[0];
  for (int i = 1; i < S::size; ++i) total = fma(a.data()[i], a.data()[i], total);
  return record<Active>(*a.tape(), total, [a](const auto& dy) {
    for (int i = 0; i < S::size; ++i) a[i].add_adjoint((a.data()[i] + a.data()[i]) * dy);
  });
}

/// y = ln of the sum of the exponentials of a block's elements; da_i = e^(a_i - y) dy
template <class Tape, class S, bool Active>
auto log_sum_exp(const Var<Tape, S, Active>& a) {
  auto largest = a.data()[0];
  for (int i = 1; i < S::size; ++i) largest = max(largest, a.data()[i]);
  auto total = exp(a.data()[0] - largest);
  for (int i = 1; i < S::size; ++i) total += exp(a.data()[i] - largest);
  const auto y = largest + log(total);
  return record<Active>(*a.tape(), y, [a, y](const auto& dy) {
    for (int i = 0; i < S::size; ++i) a[i].add_adjoint(exp(a.data()[i] - y) * dy);
  });
}

}  // namespace ebm::inline EBM_ABI
