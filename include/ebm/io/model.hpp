// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/finite.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/io/safetensors.hpp>
#include <vector>

/// The parameters of an energy as a safetensors file, under PyTorch's names and layouts.
namespace ebm::inline EBM_ABI::io {

/// Writes every parameter as a tensor of its name and shape; replaces `path` as a whole or not at
/// all.
///
/// `metadata`: free texts about the model
/// Throws `Error` if the file can't be written.
template <TrainableEnergy E>
void save_model(const std::filesystem::path& path, const E& energy,
                const std::map<std::string, std::string>& metadata = {}) {
  SafeTensors content;
  content.metadata() = metadata;
  const auto parameters = energy.parameters();
  for (const ParameterInfo& info : energy.parameter_infos()) {
    content.add(info.name, {info.shape.begin(), info.shape.end()},
                parameters.subspan(static_cast<std::size_t>(info.offset),
                                   static_cast<std::size_t>(info.size)));
  }
  write_safetensors(path, content);
}

/// Reads a file of `save_model` (or of PyTorch, with these names) into an energy and freezes it.
///
/// Throws `Error`, and leaves the energy as it was, if the file is broken, lacks a parameter, has
/// one more, or holds another type, another shape or a value that is not finite.
template <TrainableEnergy E>
void load_model(const std::filesystem::path& path, E& energy) {
  using T = typename E::value_type;
  const SafeTensors content = read_safetensors(path);
  const auto infos = energy.parameter_infos();
  std::vector<T> values(energy.parameters().size());
  for (const ParameterInfo& info : infos) {
    const auto tensor = content.get<T>(info.name, {info.shape.begin(), info.shape.end()});
    if (!all_finite(tensor)) {
      throw Error(sentence("load_model: tensor '", info.name, "' of ", quoted(path),
                           " holds a value that is not finite"));
    }
    std::ranges::copy(tensor, values.begin() + info.offset);
  }
  for (const auto& [name, tensor] : content.tensors()) {
    if (std::ranges::find(infos, name, &ParameterInfo::name) == infos.end()) {
      throw Error(sentence("load_model: ", quoted(path), " holds a tensor ", quoted_text(name),
                           ", which the model does not have"));
    }
  }
  energy.change_parameters(
      [&](std::span<T> parameters) { std::ranges::copy(values, parameters.begin()); });
}

}  // namespace ebm::inline EBM_ABI::io
