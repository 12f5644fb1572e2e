// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/abi.hpp>
#include <ebm/random/stream.hpp>
#include <span>
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

/// PyTorch's default initialisation of convolutions and linear layers.
///
/// Weights are Kaiming-uniform with a = sqrt(5): uniform in +-sqrt(6 / ((1 + a^2) fan_in)), which
/// is +-1 / sqrt(fan_in); biases are uniform in the same bound. Scales and shifts of normalisations
/// start as ones and zeros.
/// Source: He et al., "Delving Deep into Rectifiers", 2015, eq. 15; `torch.nn.Linear`.
struct KaimingUniform {
  /// parameters: all of the model's, as `infos` describes them
  template <class T>
  void operator()(std::span<const ParameterInfo> infos, Rng rng, std::span<T> parameters) const {
    std::uint64_t index = 0;
    for (const ParameterInfo& info : infos) {
      Sequence draws(rng.stream(Purpose::initialisation), index++);
      const auto values = parameters.subspan(static_cast<std::size_t>(info.offset),
                                             static_cast<std::size_t>(info.size));
      if (info.initial != Initial::uniform) {
        std::fill(values.begin(), values.end(), info.initial == Initial::ones ? T(1) : T(0));
        continue;
      }
      const double bound = 1 / std::sqrt(static_cast<double>(info.fan_in));
      for (T& value : values) value = static_cast<T>(bound * (2 * draws.uniform() - 1));
    }
  }
};

}  // namespace ebm::inline EBM_ABI
