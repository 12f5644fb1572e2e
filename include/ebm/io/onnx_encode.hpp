// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/version.hpp>
#include <ebm/io/onnx_nodes.hpp>
#include <functional>
#include <protozero/pbf_builder.hpp>

/// Graphs as ONNX writes them, in the encoding of protocol buffers.
///
/// Source: onnx.proto and the operators' specifications, ONNX 1.13 (operator set 18).
namespace ebm::inline EBM_ABI::io::detail {

enum class OnnxModelField : protozero::pbf_tag_type {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  graph = 7,
  operator_sets = 8,
  metadata = 14,
};
enum class OnnxOperatorSetField : protozero::pbf_tag_type { version = 2 };
enum class OnnxEntryField : protozero::pbf_tag_type { key = 1, value = 2 };
enum class OnnxGraphField : protozero::pbf_tag_type {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
  value_info = 13,
};
enum class OnnxNodeField : protozero::pbf_tag_type { input = 1, output = 2, op = 4, attribute = 5 };
enum class OnnxAttributeField : protozero::pbf_tag_type {
  name = 1,
  integer = 3,
  text = 4,
  integers = 8,
  type = 20,
};
enum class OnnxTensorField : protozero::pbf_tag_type { extents = 1, type = 2, name = 8, raw = 9 };
enum class OnnxValueField : protozero::pbf_tag_type { name = 1, type = 2 };
enum class OnnxTypeField : protozero::pbf_tag_type { tensor = 1 };
enum class OnnxTensorTypeField : protozero::pbf_tag_type { element = 1, shape = 2 };
enum class OnnxShapeField : protozero::pbf_tag_type { dimension = 1 };
enum class OnnxDimensionField : protozero::pbf_tag_type { extent = 1, name = 2 };

using OnnxGraphBuilder = protozero::pbf_builder<OnnxGraphField>;

/// A tensor's name, type and shape, as an input, an output, or something between them.
inline void add_value(OnnxGraphBuilder& graph, OnnxGraphField field, const std::string& name,
                      const OnnxTensor& tensor) {
  protozero::pbf_builder<OnnxValueField> value(graph, field);
  value.add_string(OnnxValueField::name, name);
  protozero::pbf_builder<OnnxTypeField> type(value, OnnxValueField::type);
  protozero::pbf_builder<OnnxTensorTypeField> tensor_type(type, OnnxTypeField::tensor);
  tensor_type.add_enum(OnnxTensorTypeField::element, static_cast<int>(tensor.type));
  protozero::pbf_builder<OnnxShapeField> shape(tensor_type, OnnxTensorTypeField::shape);
  for (const std::int64_t extent : tensor.shape) {
    protozero::pbf_builder<OnnxDimensionField> dimension(shape, OnnxShapeField::dimension);
    if (extent == onnx_batch) {
      dimension.add_string(OnnxDimensionField::name, "batch");
    } else if (extent != onnx_any) {
      dimension.add_int64(OnnxDimensionField::extent, extent);
    }
  }
}

inline void add_attribute(protozero::pbf_builder<OnnxNodeField>& node,
                          const OnnxAttribute& attribute) {
  enum { integer = 2, text = 3, integers = 7 };
  protozero::pbf_builder<OnnxAttributeField> message(node, OnnxNodeField::attribute);
  message.add_string(OnnxAttributeField::name, attribute.name);
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
    message.add_int64(OnnxAttributeField::integer, *number);
    message.add_enum(OnnxAttributeField::type, integer);
  } else if (const auto* word = std::get_if<std::string>(&attribute.value)) {
    message.add_string(OnnxAttributeField::text, *word);
    message.add_enum(OnnxAttributeField::type, text);
  } else {
    for (const std::int64_t each : std::get<std::vector<std::int64_t>>(attribute.value)) {
      message.add_int64(OnnxAttributeField::integers, each);
    }
    message.add_enum(OnnxAttributeField::type, integers);
  }
}

/// The name of a tensor in the file; of none the empty one, by which ONNX leaves an input out.
[[nodiscard]] inline std::string onnx_name(const OnnxNodes& nodes, int place) {
  return place < 0 ? std::string() : nodes.tensor(place).name;
}

/// Which tensors the outputs need.
[[nodiscard]] inline std::vector<bool> needed_tensors(const OnnxNodes& nodes) {
  std::vector<bool> is_needed(nodes.tensors().size());
  const auto need = [&](int place) {
    if (place >= 0) is_needed[static_cast<std::size_t>(place)] = true;
  };
  for (const auto& [name, place] : nodes.outputs()) need(place);
  const auto computations = nodes.computations();
  for (std::size_t i = computations.size(); i-- > 0;) {
    const auto& [node, first] = computations[i];
    const auto begin = is_needed.begin() + first;
    if (std::none_of(begin, begin + node.outputs, std::identity{})) continue;
    for (int k = 0; k < node.outputs; ++k) need(first + k);
    for (const int input : node.inputs) need(input);
  }
  return is_needed;
}

/// The graph as the bytes of a file.
[[nodiscard]] inline std::string encode_onnx(const OnnxNodes& nodes,
                                             const std::map<std::string, std::string>& metadata) {
  constexpr std::int64_t ir_version = 8, operator_set = 18;
  const auto is_needed = needed_tensors(nodes);
  const auto is_output = [&](int place) {
    return std::ranges::find(nodes.outputs(), place, &std::pair<std::string, int>::second);
  };
  const auto name_of = [&](int place) {
    const auto output = is_output(place);
    return output != nodes.outputs().end() ? output->first : onnx_name(nodes, place);
  };
  std::string bytes;
  protozero::pbf_builder<OnnxModelField> model(bytes);
  model.add_int64(OnnxModelField::ir_version, ir_version);
  model.add_string(OnnxModelField::producer_name, "ebm");
  model.add_string(OnnxModelField::producer_version, std::string(version));
  {
    OnnxGraphBuilder graph(model, OnnxModelField::graph);
    for (const auto& [node, first] : nodes.computations()) {
      if (!is_needed[static_cast<std::size_t>(first)]) continue;
      protozero::pbf_builder<OnnxNodeField> message(graph, OnnxGraphField::node);
      for (const int input : node.inputs) message.add_string(OnnxNodeField::input, name_of(input));
      for (int k = 0; k < node.outputs; ++k) {
        message.add_string(OnnxNodeField::output, name_of(first + k));
      }
      message.add_string(OnnxNodeField::op, node.op);
      for (const OnnxAttribute& attribute : node.attributes) add_attribute(message, attribute);
    }
    graph.add_string(OnnxGraphField::name, "energy");
    std::vector<bool> is_computed(nodes.tensors().size());
    for (const auto& [node, first] : nodes.computations()) {
      std::fill_n(is_computed.begin() + first, node.outputs, true);
    }
    for (std::size_t i = 0; i < nodes.tensors().size(); ++i) {
      const OnnxTensor& tensor = nodes.tensors()[i];
      if (tensor.is_constant && is_needed[i]) {
        protozero::pbf_builder<OnnxTensorField> message(graph, OnnxGraphField::initializer);
        for (const std::int64_t extent : tensor.shape) {
          message.add_int64(OnnxTensorField::extents, extent);
        }
        message.add_enum(OnnxTensorField::type, static_cast<int>(tensor.type));
        message.add_string(OnnxTensorField::name, tensor.name);
        message.add_bytes(OnnxTensorField::raw, tensor.bytes.data(), tensor.bytes.size());
      } else if (!tensor.is_constant && !is_computed[i]) {
        add_value(graph, OnnxGraphField::input, tensor.name, tensor);
      } else if (is_needed[i] && is_output(static_cast<int>(i)) == nodes.outputs().end()) {
        add_value(graph, OnnxGraphField::value_info, tensor.name, tensor);
      }
    }
    for (const auto& [name, place] : nodes.outputs()) {
      add_value(graph, OnnxGraphField::output, name, nodes.tensor(place));
    }
  }
  {
    protozero::pbf_builder<OnnxOperatorSetField> set(model, OnnxModelField::operator_sets);
    set.add_int64(OnnxOperatorSetField::version, operator_set);
  }
  for (const auto& [key, value] : metadata) {
    protozero::pbf_builder<OnnxEntryField> entry(model, OnnxModelField::metadata);
    entry.add_string(OnnxEntryField::key, key);
    entry.add_string(OnnxEntryField::value, value);
  }
  return bytes;
}

}  // namespace ebm::inline EBM_ABI::io::detail
