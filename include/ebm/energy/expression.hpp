// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/energy.hpp>
#include <utility>

/// Energies written as formulas.
namespace ebm::inline EBM_ABI {

/// An energy given by a generic lambda: `f(x)` with elements `x[i]` returns a scalar expression.
///
/// `x[i]` is in memory order, which is the features' order for flat shapes; for images there is
/// `x(channel, row, column)`.
/// `expression<Shape<2>>([](const auto& x) { return square(x[0]) + square(x[1] - x[0]); })`
template <class InputShape, class F>
class Expression {
 public:
  using Input = InputShape;

  explicit Expression(F f) : f_(std::move(f)) {}

  template <class Tape, bool Active>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return f_(x);
  }

 private:
  F f_;
};

/// Makes the energy of a formula over samples of shape `InputShape`.
template <class InputShape, class F>
Expression<InputShape, F> expression(F f) {
  return Expression<InputShape, F>(std::move(f));
}

/// A formula with `Count` trainable parameters: `f(x, theta)` with elements `theta[i]`.
///
/// Terms with and without parameters differ in type where only parameters are differentiated: a
/// sum in a loop starts from a term with one, such as theta[0] * x[0].
template <class InputShape, int Count, class F, class T = float>
class ParametricExpression {
 public:
  using Input = InputShape;
  using value_type = T;

  using Parameters = std::array<T, std::size_t{Count}>;

  ParametricExpression(F f, const Parameters& start) : f_(std::move(f)), theta_(start) {}

  [[nodiscard]] std::span<const T> parameters() const noexcept { return theta_; }
  [[nodiscard]] static std::vector<ParameterInfo> parameter_infos() {
    return {{"theta", {Count}, 0, Count, Input::size}};
  }
  /// See `TrainableEnergy`.
  template <class Change>
  void change_parameters(const Change& change) {
    change(std::span<T>(theta_));
  }

  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, T>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    Tape& tape = *x.tape();
    using P = typename Tape::PackType;
    P* values = tape.allocate(Count);
    for (int i = 0; i < Count; ++i) values[i] = P(theta_[static_cast<std::size_t>(i)]);
    constexpr bool trained = wants_parameters(Tape::wrt);
    const auto theta = tape.template make_var<Shape<Count>, trained>(values);
    if constexpr (trained) {
      tape.on_backward([theta, &tape] {
        const std::span<T> gradient = tape.parameter_gradient();
        for (int i = 0; i < Count; ++i) {
          gradient[static_cast<std::size_t>(i)] += sum_for_gradient(theta[i].adjoint());
        }
      });
    }
    return f_(x, theta);
  }

 private:
  F f_;
  Parameters theta_;
};

/// Makes the energy of a formula with trainable parameters, which start at `start`.
template <class InputShape, class T, std::size_t Count, class F>
auto expression(F f, const std::array<T, Count>& start) {
  return ParametricExpression<InputShape, static_cast<int>(Count), F, T>(std::move(f), start);
}

}  // namespace ebm::inline EBM_ABI
