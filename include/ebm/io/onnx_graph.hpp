// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/io/onnx_symbol.hpp>
#include <ebm/nn/window.hpp>
#include <functional>
#include <numeric>
#include <set>

namespace ebm::inline EBM_ABI::io {

namespace detail {

/// a -> 1 / sqrt(a); slope -1 / (2 a sqrt(a)).
struct InverseRoot {
  template <class V>
  static V value(const V& a) {
    return V(1) / sqrt(a);
  }
  template <class V>
  static void value_and_slope(const V& a, V& value, V& slope) {
    value = InverseRoot::value(a);
    slope = V(-0.5) * value / a;
  }
};

}  // namespace detail

/// Operations on whole tensors, written down for a file instead of being computed, and their
/// derivatives by reverse-mode differentiation.
///
/// What layers and energies say of themselves by `symbolic(graph, x, ...)`, they say in these
/// words. A tensor of samples has `onnx_batch` for its first extent: [batch][features] or
/// [batch][channel][row][column]. Operations element by element broadcast as NumPy does. Numbers
/// are float, unless a value is `to_double`.
///
/// Throws `InvalidArgument` where shapes don't fit together.
class OnnxGraph {
 public:
  using Value = OnnxValue;

  /// A float tensor that who runs the graph provides.
  ///
  /// shape: of one sample
  Value input(const std::string& name, OnnxShape shape) {
    shape.insert(shape.begin(), onnx_batch);
    const Value x = nodes_.input(name, std::move(shape));
    variables_.insert(x.place);
    return x;
  }
  /// Names a result of the graph.
  void output(const std::string& name, Value value) {
    nodes_.output(name, nodes_.unary("Identity", value));
  }

  /// Values that belong to the graph, under a name, and once.
  ///
  /// Throws `InvalidArgument` if one of them is not finite as a float.
  template <class Values>
  Value parameter(const std::string& name, OnnxShape shape, const Values& values) {
    const std::vector<double> numbers(std::begin(values), std::end(values));
    const auto bad = std::ranges::find_if(
        numbers, [](double number) { return !std::isfinite(static_cast<float>(number)); });
    if (bad != numbers.end()) {
      throw InvalidArgument(sentence("OnnxGraph: number ", bad - numbers.begin(), " of parameter '",
                                     name, "' is ", *bad,
                                     ", expected a finite number of type float"));
    }
    auto& same_name = parameters_[name];
    for (const auto& [place, known] : same_name) {
      if (known == numbers && nodes_.tensor(place).shape == shape) return {place};
    }
    const std::string free =
        same_name.empty() ? name : sentence(name, '_', same_name.size() + 1);  // another network's
    const Value value = nodes_.constant(std::move(shape), numbers, detail::OnnxType::float32, free);
    same_name.emplace_back(value.place, numbers);
    values_[value.place] = numbers;
    return value;
  }
  /// The values of a `parameter`.
  [[nodiscard]] const std::vector<double>& values(Value parameter) const {
    return values_.at(parameter.place);
  }
  /// Constants of the type of `like`.
  Value constant(OnnxShape shape, std::span<const double> values, Value like) {
    return nodes_.constant(std::move(shape), values, nodes_.type(like));
  }
  Value number(double value) { return nodes_.number(value); }

  /// For formulas element by element, such as an activation's; see `value`.
  [[nodiscard]] detail::OnnxSymbol symbol(Value x) { return {nodes_, x}; }
  /// The tensor of a formula's result, through which no derivative goes.
  [[nodiscard]] Value value(const detail::OnnxSymbol& symbol) { return symbol.in(nodes_); }

  [[nodiscard]] OnnxShape shape(Value x) const { return nodes_.shape(x); }
  /// `onnx_batch`, or 1 of what is the same for all samples.
  [[nodiscard]] std::int64_t samples(Value x) const { return shape(x)[0]; }

  // Element by element.

  Value add(Value a, Value b) {
    const Value y = nodes_.binary("Add", a, b);
    return record(y, {a, b}, [=, this](Value dy) { add_adjoint(a, dy), add_adjoint(b, dy); });
  }
  Value subtract(Value a, Value b) {
    const Value y = nodes_.binary("Sub", a, b);
    return record(y, {a, b},
                  [=, this](Value dy) { add_adjoint(a, dy), add_adjoint(b, negate(dy)); });
  }
  Value multiply(Value a, Value b) {
    const Value y = nodes_.binary("Mul", a, b);
    return record(y, {a, b}, [=, this](Value dy) {
      if (varies(a)) add_adjoint(a, multiply(dy, b));
      if (varies(b)) add_adjoint(b, multiply(dy, a));
    });
  }
  Value negate(Value x) {
    if (const auto entry = negatives_.find(x.place); entry != negatives_.end()) {
      return entry->second;
    }
    const Value y = nodes_.unary("Neg", x);
    negatives_[y.place] = x;
    return record(y, {x}, [=, this](Value dy) { add_adjoint(x, negate(dy)); });
  }
  /// y = A(x); see `kernels::Activation`.
  template <class A>
  Value activation(Value x) {
    const Value y = value(A::value(symbol(x)));
    return record(y, {x}, [=, this](Value dy) {
      detail::OnnxSymbol unused, slope;
      A::value_and_slope(symbol(x), unused, slope);
      add_adjoint(x, multiply(dy, value(slope)));
    });
  }
  /// 1 / sqrt(x)
  Value inverse_root(Value x) { return activation<detail::InverseRoot>(x); }

  // Products. A layer's weight may come with a bias, [out].

  /// x: [batch][in]; weight: [out][in]
  Value linear(Value x, std::span<const Value> weight_and_bias) {
    const Value weight = weight_and_bias[0];
    const Value y = nodes_.node("Gemm", with(x, weight_and_bias), {shape(x)[0], shape(weight)[0]},
                                {{"transB", std::int64_t{1}}});
    return record(y, {x},
                  [=, this](Value dy) { add_adjoint(x, node_like("MatMul", {dy, weight}, x)); });
  }
  /// The products of the matrices in the last two dimensions.
  Value matrix_product(Value a, Value b) {
    OnnxShape product = shape(a);
    product.back() = shape(b).back();
    const Value y = nodes_.nodes("MatMul", {a, b}, {{nodes_.type(a), product}})[0];
    return record(y, {a, b}, [=, this](Value dy) {
      if (varies(a)) add_adjoint(a, matrix_product(dy, transpose_matrices(b)));
      if (varies(b)) add_adjoint(b, matrix_product(transpose_matrices(a), dy));
    });
  }
  /// x: [batch][in][row][column]; weight: [out][in][kernel row][kernel column]
  Value convolution(Value x, std::span<const Value> weight_and_bias, const SlidingWindow& window) {
    const Value weight = weight_and_bias[0];
    const OnnxShape& in = shape(x);
    const Value y = nodes_.node(
        "Conv", with(x, weight_and_bias),
        {in[0], shape(weight)[0], window.positions(0, in[2]), window.positions(1, in[3])},
        attributes(window));
    return record(y, {x}, [=, this](Value dy) {
      add_adjoint(x, node_like("ConvTranspose", {dy, weight}, x, transposed(window, x)));
    });
  }
  /// weight: [in][out][kernel row][kernel column]
  Value transposed_convolution(Value x, std::span<const Value> weight_and_bias,
                               const SlidingWindow& window) {
    const Value weight = weight_and_bias[0];
    const OnnxShape& in = shape(x);
    const Value y =
        nodes_.node("ConvTranspose", with(x, weight_and_bias),
                    {in[0], shape(weight)[1], window.extent(0, in[2]), window.extent(1, in[3])},
                    attributes(window));
    return record(y, {x}, [=, this](Value dy) {
      add_adjoint(x, node_like("Conv", {dy, weight}, x, attributes(window)));
    });
  }

  // Images.

  /// The mean of every window, which has no padding.
  Value average_pool(Value x, const SlidingWindow& window) {
    const Value y = nodes_.node("AveragePool", {x}, pooled(x, window), attributes(window));
    return record(y, {x}, [=, this](Value dy) {
      const std::int64_t channels = shape(x)[1];
      const auto size = static_cast<std::size_t>(channels * window.size());
      const Value weight = nodes_.constant({channels, 1, window.kernel[0], window.kernel[1]},
                                           std::vector<double>(size, 1.0 / window.size()));
      auto with_groups = transposed(window, x);
      with_groups.push_back({"group", channels});
      add_adjoint(x, node_like("ConvTranspose", {dy, weight}, x, with_groups));
    });
  }
  /// The largest element of every window, which has no padding.
  Value max_pool(Value x, const SlidingWindow& window) {
    const OnnxShape shape_of_y = pooled(x, window);
    const auto results = nodes_.nodes(
        "MaxPool", {x},
        {{detail::OnnxType::float32, shape_of_y}, {detail::OnnxType::int64, shape_of_y}},
        attributes(window));
    return record(results[0], {x}, [=, this](Value dy) {
      const Value zeros = multiply(flat(x), number(0));
      const Value sums =
          nodes_.node("ScatterElements", {zeros, flat(results[1]), flat(dy)}, {onnx_any},
                      {{"axis", std::int64_t{0}}, {"reduction", std::string("add")}});
      add_adjoint(x, reshape(sums, shape(x)));
    });
  }
  /// Repeats every pixel.
  Value upsample(Value x, int rows, int columns) {
    OnnxShape larger = shape(x);
    larger[2] *= rows;
    larger[3] *= columns;
    const Value scales =
        nodes_.constant({4}, std::vector<double>{1, 1, double(rows), double(columns)});
    const Value y = nodes_.node("Resize", {x, {}, scales}, larger,
                                {{"coordinate_transformation_mode", std::string("asymmetric")},
                                 {"mode", std::string("nearest")},
                                 {"nearest_mode", std::string("floor")}});
    return record(y, {x}, [=, this](Value dy) {
      const SlidingWindow pixel{.kernel = {rows, columns}, .stride = {rows, columns}};
      add_adjoint(x, multiply(average_pool(dy, pixel), number(pixel.size())));
    });
  }

  // Shapes.

  /// shape: the whole, in the order of the elements
  Value reshape(Value x, const OnnxShape& new_shape) {
    if (shape(x) == new_shape) return x;
    OnnxShape request = new_shape;
    // 0: as many as before; -1: as many as there are
    if (request[0] == onnx_batch && samples(x) == onnx_batch) request[0] = 0;
    if (request[0] == onnx_any) request[0] = -1;
    const Value y =
        nodes_.nodes("Reshape", {x, nodes_.list(request)}, {{nodes_.type(x), new_shape}})[0];
    return record(y, {x}, [=, this](Value dy) { add_adjoint(x, reshape(dy, shape(x))); });
  }
  /// Dimension i of the result is dimension order[i] of x.
  Value transpose(Value x, const std::vector<std::int64_t>& order) {
    OnnxShape shape_of_y;
    std::vector<std::int64_t> back(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      shape_of_y.push_back(shape(x)[static_cast<std::size_t>(order[i])]);
      back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    }
    const Value y =
        nodes_.nodes("Transpose", {x}, {{nodes_.type(x), shape_of_y}}, {{"perm", order}})[0];
    return record(y, {x}, [=, this](Value dy) { add_adjoint(x, transpose(dy, back)); });
  }
  /// With rows for columns in the last two dimensions.
  Value transpose_matrices(Value x) {
    std::vector<std::int64_t> order(shape(x).size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::swap(order.back(), order[order.size() - 2]);
    return transpose(x, order);
  }
  /// Side by side along the second dimension, that of channels or features.
  Value concatenate(const std::vector<Value>& parts) {
    OnnxShape whole = shape(parts[0]);
    whole[1] = 0;
    for (const Value part : parts) whole[1] += shape(part)[1];
    const Value y = nodes_.node("Concat", parts, whole, {{"axis", std::int64_t{1}}});
    return record(y, parts, [=, this](Value dy) {
      std::int64_t first = 0;
      for (const Value part : parts) {
        const std::int64_t count = shape(part)[1];
        if (varies(part)) add_adjoint(part, slice(dy, first, count));
        first += count;
      }
    });
  }
  /// Elements [first, first + count) of the second dimension.
  Value slice(Value x, std::int64_t first, std::int64_t count) {
    OnnxShape part = shape(x);
    part[1] = count;
    const Value y = nodes_.node(
        "Slice", {x, nodes_.list({first}), nodes_.list({first + count}), nodes_.list({1})}, part);
    return record(y, {x}, [=, this](Value dy) {
      std::vector<std::int64_t> pads(2 * part.size());
      pads[1] = first;
      pads[part.size() + 1] = shape(x)[1] - first - count;
      add_adjoint(x, node_like("Pad", {dy, nodes_.list(pads)}, x));
    });
  }

  /// A number for each channel, [channels] or [batch][channels], where it broadcasts to x.
  Value per_channel(Value numbers, Value x) {
    OnnxShape wider = shape(numbers);
    wider.insert(wider.end(), shape(x).size() - 2, 1);
    return reshape(numbers, wider);
  }

  // Sums; the dimensions that they go over stay, with an extent of 1.

  Value sum(Value x, const std::vector<std::int64_t>& axes) {
    const Value y =
        nodes_.nodes("ReduceSum", {x, nodes_.list(axes)}, {{nodes_.type(x), reduced(x, axes)}})[0];
    return record(y, {x}, [=, this](Value dy) { add_adjoint(x, dy); });
  }
  Value mean(Value x, const std::vector<std::int64_t>& axes) {
    std::int64_t count = 1;
    for (const std::int64_t axis : axes) count *= shape(x)[static_cast<std::size_t>(axis)];
    const Value y = nodes_.node("ReduceMean", {x, nodes_.list(axes)}, reduced(x, axes));
    return record(y, {x}, [=, this](Value dy) {
      add_adjoint(x, multiply(dy, number(1.0 / static_cast<double>(count))));
    });
  }
  /// ln sum over the second dimension of e^x
  Value log_sum_exp(Value x) {
    const Value y = nodes_.node("ReduceLogSumExp", {x, nodes_.list({1})}, reduced(x, {1}));
    return record(y, {x}, [=, this](Value dy) { add_adjoint(x, multiply(dy, softmax(x, 1))); });
  }
  Value softmax(Value x, std::int64_t axis) {
    const Value y = nodes_.node("Softmax", {x}, shape(x), {{"axis", axis}});
    return record(y, {x}, [=, this](Value dy) {
      const Value weighted = multiply(y, dy);
      add_adjoint(x, subtract(weighted, multiply(y, sum(weighted, {axis}))));
    });
  }

  // In double, without derivatives.

  Value to_double(Value x) { return cast(x, detail::OnnxType::float64); }
  Value to_float(Value x) { return cast(x, detail::OnnxType::float32); }
  Value root(Value x) { return nodes_.unary("Sqrt", x); }

  /// d (sum of y over all samples) / dx, in the shape of x.
  ///
  /// x: an `input` that y depends on
  Value gradient(Value y, Value x) {
    require(varies(y), "OnnxGraph::gradient: y does not depend on any input");
    adjoints_.clear();
    const Value one = number(1);
    adjoints_[y.place] = fit(one, shape(y), y);
    // Rules append operations, whose own rules are of no interest here.
    for (std::size_t i = rules_.size(); i-- > 0;) {
      const Rule rule = rules_[i];
      const auto adjoint = adjoints_.find(rule.of.place);
      if (adjoint != adjoints_.end()) rule.add(adjoint->second);
    }
    const auto found = adjoints_.find(x.place);
    require(found != adjoints_.end(), "OnnxGraph::gradient: y does not depend on x");
    return found->second;
  }

  [[nodiscard]] const detail::OnnxNodes& nodes() const noexcept { return nodes_; }

 private:
  struct Rule {
    Value of;
    std::function<void(Value)> add;  ///< given the adjoint of `of`, adds to those of its inputs
  };

  [[nodiscard]] bool varies(Value x) const { return variables_.contains(x.place); }

  template <class Add>
  Value record(Value y, const std::vector<Value>& inputs, const Add& add) {
    const bool depends = std::ranges::any_of(inputs, [&](Value x) { return varies(x); });
    if (depends && variables_.insert(y.place).second) rules_.push_back({y, add});
    return y;
  }

  void add_adjoint(Value x, Value dx) {
    if (!varies(x)) return;
    const Value fitting = fit(dx, shape(x), x);
    const auto [entry, is_first] = adjoints_.try_emplace(x.place, fitting);
    if (!is_first) entry->second = nodes_.binary("Add", entry->second, fitting);
  }

  /// Sums where `x` was broadcast, and broadcasts where it was summed.
  Value fit(Value dx, const OnnxShape& target, Value x) {
    std::vector<std::int64_t> over;
    const std::size_t more = shape(dx).size() - std::min(shape(dx).size(), target.size());
    for (std::size_t i = 0; i < shape(dx).size(); ++i) {
      const bool is_missing = i < more;
      if (is_missing || (target[i - more] == 1 && shape(dx)[i] != 1)) {
        over.push_back(static_cast<std::int64_t>(i));
      }
    }
    if (!over.empty()) {
      dx = nodes_.node("ReduceSum", {dx, nodes_.list(over)}, reduced(dx, over));
      dx = reshape(dx, target);
    }
    if (shape(dx) == target) return dx;
    return nodes_.node(
        "Expand",
        {dx,
         nodes_.nodes("Shape", {x}, {{detail::OnnxType::int64, {std::int64_t(target.size())}}})[0]},
        target);
  }

  Value flat(Value x) { return reshape(x, {onnx_any}); }

  static std::vector<Value> with(Value x, std::span<const Value> more) {
    std::vector<Value> inputs{x};
    inputs.insert(inputs.end(), more.begin(), more.end());
    return inputs;
  }

  /// An operator whose result has the shape of x.
  Value node_like(const char* op, const std::vector<Value>& inputs, Value x,
                  std::vector<detail::OnnxAttribute> attributes = {}) {
    return nodes_.node(op, inputs, shape(x), std::move(attributes));
  }

  Value cast(Value x, detail::OnnxType type) {
    return nodes_.nodes("Cast", {x}, {{type, shape(x)}},
                        {{"to", static_cast<std::int64_t>(type)}})[0];
  }

  [[nodiscard]] OnnxShape reduced(Value x, const std::vector<std::int64_t>& axes) const {
    OnnxShape result = shape(x);
    for (const std::int64_t axis : axes) result[static_cast<std::size_t>(axis)] = 1;
    return result;
  }
  [[nodiscard]] OnnxShape pooled(Value x, const SlidingWindow& window) const {
    const OnnxShape& in = shape(x);
    return {in[0], in[1], window.positions(0, in[2]), window.positions(1, in[3])};
  }

  static std::vector<detail::OnnxAttribute> attributes(const SlidingWindow& window) {
    const auto [rows, columns] = window.padding;
    return {{"kernel_shape", std::vector<std::int64_t>{window.kernel[0], window.kernel[1]}},
            {"pads", std::vector<std::int64_t>{rows, columns, rows, columns}},
            {"strides", std::vector<std::int64_t>{window.stride[0], window.stride[1]}}};
  }
  /// Of the way back to x, whose last rows and columns may lie in no window.
  [[nodiscard]] std::vector<detail::OnnxAttribute> transposed(const SlidingWindow& window,
                                                              Value x) const {
    auto result = attributes(window);
    result.push_back({"output_padding", std::vector<std::int64_t>{window.rest(0, shape(x)[2]),
                                                                  window.rest(1, shape(x)[3])}});
    return result;
  }

  detail::OnnxNodes nodes_;
  std::set<int> variables_;  // what depends on an input
  std::vector<Rule> rules_;
  std::map<int, Value> adjoints_;
  std::map<int, Value> negatives_;  // of what was negated
  std::map<std::string, std::vector<std::pair<int, std::vector<double>>>> parameters_;
  std::map<int, std::vector<double>> values_;
};

}  // namespace ebm::inline EBM_ABI::io
