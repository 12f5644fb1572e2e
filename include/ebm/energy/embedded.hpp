// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/energy/energy.hpp>
#include <span>
#include <string_view>
#include <utility>

namespace ebm {  // the same for every instruction set

/// A tensor that is part of a program, such as `io::write_embedded` writes.
struct EmbeddedTensor {
  std::string_view name;          ///< a parameter's, such as "conv1.weight"
  std::span<const float> values;  ///< in PyTorch's layout
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Gives an energy the parameters that a program carries in it: no file is read.
///
/// Throws `InvalidArgument`, and leaves the energy as it was, if a parameter is missing or has
/// another size, one tensor is none of its parameters, or a value is not finite.
template <TrainableEnergy E>
void load_embedded(std::span<const EmbeddedTensor> tensors, E& energy) {
  const auto infos = energy.parameter_infos();
  for (const EmbeddedTensor& tensor : tensors) {
    const auto info = std::ranges::find(infos, tensor.name, &ParameterInfo::name);
    require(info != infos.end(), "load_embedded: the model has no parameter '", tensor.name, "'");
    require(std::cmp_equal(tensor.values.size(), info->size), "load_embedded: '", tensor.name,
            "' has ", tensor.values.size(), " values, expected ", info->size);
    require(all_finite(tensor.values), "load_embedded: number ", first_not_finite(tensor.values),
            " of '", tensor.name, "' is not finite");
  }
  for (const ParameterInfo& info : infos) {
    require(std::ranges::count(tensors, info.name, &EmbeddedTensor::name) == 1,
            "load_embedded: expected the parameter '", info.name, "' once");
  }
  energy.change_parameters([&](std::span<typename E::value_type> parameters) {
    for (const EmbeddedTensor& tensor : tensors) {
      const auto info = std::ranges::find(infos, tensor.name, &ParameterInfo::name);
      std::ranges::copy(tensor.values, parameters.begin() + info->offset);
    }
  });
}

}  // namespace ebm::inline EBM_ABI
