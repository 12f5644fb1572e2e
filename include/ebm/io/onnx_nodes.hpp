// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/byte_order.hpp>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

/// Graphs of operations on tensors, as ONNX files hold them, before they are a file.
namespace ebm::inline EBM_ABI::io {

/// Extents of a tensor in PyTorch's order; the number of samples is `onnx_batch`.
using OnnxShape = std::vector<std::int64_t>;
/// The extent that is the number of samples.
inline constexpr std::int64_t onnx_batch = -1;
/// An extent that depends on the number of samples otherwise.
inline constexpr std::int64_t onnx_any = -2;

/// A tensor of an `OnnxGraph`: its place among all of them.
struct OnnxValue {
  int place = -1;

  [[nodiscard]] friend bool operator==(const OnnxValue&, const OnnxValue&) = default;
};

namespace detail {

/// Types of elements, by ONNX's numbers (`TensorProto.DataType`).
enum class OnnxType { float32 = 1, int64 = 7, boolean = 9, float64 = 11 };

struct OnnxTensor {
  std::string name;
  OnnxType type;
  OnnxShape shape;
  bool is_constant = false;
  std::vector<char> bytes{};  ///< of a constant, little-endian
};

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, std::vector<std::int64_t>, std::string> value;

  [[nodiscard]] friend auto operator<=>(const OnnxAttribute&, const OnnxAttribute&) = default;
};

/// One call of an operator, such as "Conv".
struct OnnxNode {
  std::string op;
  std::vector<int> inputs;  ///< places of tensors
  std::vector<OnnxAttribute> attributes;
  int outputs;

  [[nodiscard]] friend auto operator<=>(const OnnxNode&, const OnnxNode&) = default;
};

/// The shape of an operation element by element, by NumPy's rules of broadcasting.
[[nodiscard]] inline OnnxShape broadcast(const OnnxShape& a, const OnnxShape& b) {
  const auto [few, many] =
      std::minmax(a, b, [](const auto& x, const auto& y) { return x.size() < y.size(); });
  OnnxShape shape = many;
  const std::size_t missing = many.size() - few.size();
  for (std::size_t i = 0; i < few.size(); ++i) {
    std::int64_t& extent = shape[missing + i];
    require(extent == few[i] || extent == 1 || few[i] == 1, "OnnxGraph: extents ", extent, " and ",
            few[i], " of one dimension don't fit together");
    if (extent == 1) extent = few[i];
  }
  return shape;
}

/// Tensors, and the nodes that compute them. What has been computed before is not computed again.
class OnnxNodes {
 public:
  OnnxValue input(std::string name, OnnxShape shape) {
    return add({std::move(name), OnnxType::float32, std::move(shape)});
  }

  /// A constant; equal ones without a name are one.
  OnnxValue constant(OnnxShape shape, std::span<const double> values,
                     OnnxType type = OnnxType::float32, std::string name = {}) {
    OnnxTensor tensor{std::move(name), type, std::move(shape), true, {}};
    for (const double value : values) append(tensor.bytes, value, type);
    if (!tensor.name.empty()) return add(std::move(tensor));
    const auto key = std::tuple(type, tensor.shape, tensor.bytes);
    const auto [entry, is_new] = constants_.try_emplace(key, static_cast<int>(tensors_.size()));
    if (is_new) {
      tensor.name = sentence("constant", constants_.size());
      add(std::move(tensor));
    }
    return {entry->second};
  }
  /// A number without dimensions.
  OnnxValue number(double value, OnnxType type = OnnxType::float32) {
    return constant({}, std::span(&value, 1), type);
  }
  /// A list of whole numbers, as some operators take them for inputs.
  OnnxValue list(const std::vector<std::int64_t>& values) {
    return constant({static_cast<std::int64_t>(values.size())},
                    std::vector<double>(values.begin(), values.end()), OnnxType::int64);
  }

  /// The results of an operator, of these types and shapes.
  std::vector<OnnxValue> nodes(std::string op, const std::vector<OnnxValue>& inputs,
                               const std::vector<std::pair<OnnxType, OnnxShape>>& outputs,
                               std::vector<OnnxAttribute> attributes = {}) {
    OnnxNode node{std::move(op), {}, std::move(attributes), static_cast<int>(outputs.size())};
    for (const OnnxValue input : inputs) node.inputs.push_back(input.place);
    const auto [entry, is_new] = results_.try_emplace(node, static_cast<int>(tensors_.size()));
    std::vector<OnnxValue> results;
    for (int i = 0; i < node.outputs; ++i) results.push_back({entry->second + i});
    if (!is_new) return results;
    for (const auto& [type, shape] : outputs) {
      add({sentence("value", tensors_.size()), type, shape});
    }
    nodes_.emplace_back(std::move(node), entry->second);
    return results;
  }
  /// The result of an operator that has one, in float.
  OnnxValue node(std::string op, const std::vector<OnnxValue>& inputs, OnnxShape shape,
                 std::vector<OnnxAttribute> attributes = {}) {
    return nodes(std::move(op), inputs, {{OnnxType::float32, std::move(shape)}},
                 std::move(attributes))[0];
  }
  /// An operator with one input, element by element, such as "Exp".
  OnnxValue unary(std::string op, OnnxValue x) {
    return nodes(std::move(op), {x}, {{type(x), shape(x)}})[0];
  }
  /// One with two, such as "Add", or, of booleans, "Less".
  OnnxValue binary(std::string op, OnnxValue a, OnnxValue b) {
    return nodes(std::move(op), {a, b}, {{type(a), broadcast(shape(a), shape(b))}})[0];
  }

  /// Names a result of the graph.
  void output(std::string name, OnnxValue value) {
    outputs_.emplace_back(std::move(name), value.place);
  }

  [[nodiscard]] const OnnxShape& shape(OnnxValue value) const { return tensor(value.place).shape; }
  [[nodiscard]] OnnxType type(OnnxValue value) const { return tensor(value.place).type; }
  [[nodiscard]] const OnnxTensor& tensor(int place) const {
    return tensors_[static_cast<std::size_t>(place)];
  }
  [[nodiscard]] std::span<const OnnxTensor> tensors() const { return tensors_; }
  /// Nodes and the place of the first tensor that each computes, in the order of computation.
  [[nodiscard]] std::span<const std::pair<OnnxNode, int>> computations() const { return nodes_; }
  [[nodiscard]] std::span<const std::pair<std::string, int>> outputs() const { return outputs_; }

 private:
  OnnxValue add(OnnxTensor tensor) {
    tensors_.push_back(std::move(tensor));
    return {static_cast<int>(tensors_.size()) - 1};
  }

  static void append(std::vector<char>& bytes, double value, OnnxType type) {
    constexpr auto order = std::endian::little;
    switch (type) {
      case OnnxType::float32:
        return append_number<order>(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
      case OnnxType::int64:
        return append_number<order>(bytes,
                                    static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
      case OnnxType::boolean:
        return bytes.push_back(value != 0);
      case OnnxType::float64:
        return append_number<order>(bytes, std::bit_cast<std::uint64_t>(value));
    }
  }

  std::vector<OnnxTensor> tensors_;
  std::vector<std::pair<OnnxNode, int>> nodes_;
  std::vector<std::pair<std::string, int>> outputs_;
  std::map<OnnxNode, int> results_;
  std::map<std::tuple<OnnxType, OnnxShape, std::vector<char>>, int> constants_;
};

}  // namespace detail

}  // namespace ebm::inline EBM_ABI::io
