// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>
#include <string>
#include <vector>

namespace ebm::inline EBM_ABI {

/// How a parameter starts: uniform, as the initialisation says, or as a number.
enum class Initial { uniform, zeros, ones };

/// One named parameter of a model, within the flat vector that holds all of them.
struct ParameterInfo {
  std::string name;        ///< PyTorch's, such as "conv1.weight"
  std::vector<int> shape;  ///< PyTorch's, such as {out, in, rows, columns}
  int offset;              ///< first element
  int size;                ///< number of elements
  int fan_in;              ///< inputs of one output of the layer
  Initial initial = Initial::uniform;
};

}  // namespace ebm::inline EBM_ABI
