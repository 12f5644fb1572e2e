// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/io/onnx_nodes.hpp>
#include <numbers>

/// Numbers that write down what is computed with them.
namespace ebm::inline EBM_ABI::io::detail {

/// What a comparison of symbols gives.
struct OnnxCondition {
  OnnxNodes* nodes;  ///< null: of constants, where it `holds` or not
  OnnxValue value;
  bool holds;
};

/// An element of a tensor of a graph, or a constant: given to an activation's own formula it
/// writes the formula as nodes, for all elements at once.
class OnnxSymbol {
 public:
  using value_type = double;

  OnnxSymbol() = default;
  explicit OnnxSymbol(double number) : number_(number) {}
  OnnxSymbol(OnnxNodes& nodes, OnnxValue value) : nodes_(&nodes), value_(value) {}

  /// Its tensor in `nodes`, which has no dimensions if it is a constant.
  [[nodiscard]] OnnxValue in(OnnxNodes& nodes) const {
    return nodes_ != nullptr ? value_ : nodes.number(number_);
  }

  OnnxSymbol& operator+=(const OnnxSymbol& b) { return *this = *this + b; }
  OnnxSymbol& operator-=(const OnnxSymbol& b) { return *this = *this - b; }
  OnnxSymbol& operator*=(const OnnxSymbol& b) { return *this = *this * b; }

  friend OnnxSymbol operator+(const OnnxSymbol& a, const OnnxSymbol& b) {
    return both("Add", a, b, a.number_ + b.number_);
  }
  friend OnnxSymbol operator-(const OnnxSymbol& a, const OnnxSymbol& b) {
    return both("Sub", a, b, a.number_ - b.number_);
  }
  friend OnnxSymbol operator*(const OnnxSymbol& a, const OnnxSymbol& b) {
    return both("Mul", a, b, a.number_ * b.number_);
  }
  friend OnnxSymbol operator/(const OnnxSymbol& a, const OnnxSymbol& b) {
    return both("Div", a, b, a.number_ / b.number_);
  }
  friend OnnxSymbol operator-(const OnnxSymbol& a) { return one("Neg", a, -a.number_); }
  friend OnnxSymbol fma(const OnnxSymbol& a, const OnnxSymbol& b, const OnnxSymbol& c) {
    return a * b + c;
  }

  friend OnnxSymbol exp(const OnnxSymbol& a) { return one("Exp", a, std::exp(a.number_)); }
  friend OnnxSymbol log(const OnnxSymbol& a) { return one("Log", a, std::log(a.number_)); }
  friend OnnxSymbol sqrt(const OnnxSymbol& a) { return one("Sqrt", a, std::sqrt(a.number_)); }
  friend OnnxSymbol abs(const OnnxSymbol& a) { return one("Abs", a, std::abs(a.number_)); }
  friend OnnxSymbol tanh(const OnnxSymbol& a) { return one("Tanh", a, std::tanh(a.number_)); }
  friend OnnxSymbol sigmoid(const OnnxSymbol& a) {
    return one("Sigmoid", a, 1 / (1 + std::exp(-a.number_)));
  }
  friend OnnxSymbol softplus(const OnnxSymbol& a) {
    return one("Softplus", a, std::log1p(std::exp(-std::abs(a.number_))) + std::max(a.number_, 0.));
  }
  friend void sincos(const OnnxSymbol& a, OnnxSymbol& sine, OnnxSymbol& cosine) {
    sine = one("Sin", a, std::sin(a.number_));
    cosine = one("Cos", a, std::cos(a.number_));
  }
  friend OnnxSymbol max(const OnnxSymbol& a, const OnnxSymbol& b) {
    return both("Max", a, b, std::max(a.number_, b.number_));
  }
  friend OnnxSymbol min(const OnnxSymbol& a, const OnnxSymbol& b) {
    return both("Min", a, b, std::min(a.number_, b.number_));
  }
  friend void standard_normal(const OnnxSymbol& x, OnnxSymbol& density, OnnxSymbol& cdf) {
    const OnnxSymbol half(0.5), root(std::numbers::sqrt2);
    const OnnxSymbol scale(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    const OnnxSymbol scaled = x / root;
    density = scale * exp(-half * x * x);
    cdf = half * (OnnxSymbol(1) + one("Erf", scaled, std::erf(scaled.number_)));
  }

  friend OnnxCondition operator>(const OnnxSymbol& a, const OnnxSymbol& b) {
    return compared("Greater", a, b, a.number_ > b.number_);
  }
  friend OnnxCondition operator<(const OnnxSymbol& a, const OnnxSymbol& b) {
    return compared("Less", a, b, a.number_ < b.number_);
  }
  friend OnnxCondition operator>=(const OnnxSymbol& a, const OnnxSymbol& b) {
    return compared("GreaterOrEqual", a, b, a.number_ >= b.number_);
  }
  friend OnnxCondition operator<=(const OnnxSymbol& a, const OnnxSymbol& b) {
    return compared("LessOrEqual", a, b, a.number_ <= b.number_);
  }
  friend OnnxSymbol select(const OnnxCondition& condition, const OnnxSymbol& yes,
                           const OnnxSymbol& no) {
    if (condition.nodes == nullptr) return condition.holds ? yes : no;
    OnnxNodes& nodes = *condition.nodes;
    const OnnxValue first = yes.in(nodes), second = no.in(nodes);
    const OnnxShape shape =
        broadcast(nodes.shape(condition.value), broadcast(nodes.shape(first), nodes.shape(second)));
    return {nodes, nodes.node("Where", {condition.value, first, second}, shape)};
  }

 private:
  /// number: the result of constants
  static OnnxSymbol one(const char* op, const OnnxSymbol& a, double number) {
    if (a.nodes_ == nullptr) return OnnxSymbol(number);
    return {*a.nodes_, a.nodes_->unary(op, a.value_)};
  }
  static OnnxSymbol both(const char* op, const OnnxSymbol& a, const OnnxSymbol& b, double number) {
    OnnxNodes* const nodes = a.nodes_ != nullptr ? a.nodes_ : b.nodes_;
    if (nodes == nullptr) return OnnxSymbol(number);
    return {*nodes, nodes->binary(op, a.in(*nodes), b.in(*nodes))};
  }
  static OnnxCondition compared(const char* op, const OnnxSymbol& a, const OnnxSymbol& b,
                                bool holds) {
    OnnxNodes* const nodes = a.nodes_ != nullptr ? a.nodes_ : b.nodes_;
    if (nodes == nullptr) return {nullptr, {}, holds};
    const OnnxValue left = a.in(*nodes), right = b.in(*nodes);
    const OnnxShape shape = broadcast(nodes->shape(left), nodes->shape(right));
    return {nodes, nodes->nodes(op, {left, right}, {{OnnxType::boolean, shape}})[0], holds};
  }

  OnnxNodes* nodes_ = nullptr;  // null: a constant
  OnnxValue value_;
  double number_ = 0;
};

}  // namespace ebm::inline EBM_ABI::io::detail
