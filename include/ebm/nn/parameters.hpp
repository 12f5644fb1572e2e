// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>
#include <span>
#include <string>
#include <vector>

namespace ebm::inline EBM_ABI {

/// One named parameter of a model, within the flat vector that holds all of them.
struct ParameterInfo {
  std::string name;        ///< PyTorch's, such as "conv1.weight"
  std::vector<int> shape;  ///< PyTorch's, such as {out, in, rows, columns}
  int offset;              ///< first element
  int size;                ///< number of elements
  int fan_in;              ///< inputs of one output of the layer
};

namespace detail {

/// Adds the weight and the bias of a layer, the next of its kind: conv1.weight, conv1.bias, ...
///
/// kind: with the names of the blocks around the layer; offset: of its first weight
inline void add_layer(std::vector<ParameterInfo>& infos, const std::string& kind,
                      std::span<const int> weight_shape, int weights, int biases, int offset,
                      int fan_in) {
  const auto is_taken = [&infos](const std::string& name) {
    for (const ParameterInfo& info : infos) {
      if (info.name == name) return true;
    }
    return false;
  };
  int number = 1;
  while (is_taken(kind + std::to_string(number) + ".weight")) ++number;
  const std::string name = kind + std::to_string(number);
  infos.push_back(
      {name + ".weight", {weight_shape.begin(), weight_shape.end()}, offset, weights, fan_in});
  infos.push_back({name + ".bias", {biases}, offset + weights, biases, fan_in});
}

}  // namespace detail

}  // namespace ebm::inline EBM_ABI
