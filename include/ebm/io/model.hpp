// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/energy/energy.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <ebm/io/finite_tensor.hpp>
#include <ebm/io/safetensors.hpp>
#include <type_traits>
#include <vector>

/// The parameters of an energy as a safetensors file, under PyTorch's names and layouts.
namespace ebm::inline EBM_ABI::io {

/// Writes every parameter as a tensor of its name and shape; replaces `path` as a whole or not at
/// all.
///
/// `metadata`: free texts about the model
/// Throws `InvalidArgument` if a parameter is not finite, and `Error` if the file can't be written.
template <TrainableEnergy E>
void save_model(const std::filesystem::path& path, const E& energy,
                const std::map<std::string, std::string>& metadata = {}) {
  require_finite_parameters("save_model", energy);
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

/// Gives an energy the parameters of a file of `save_model` (or of PyTorch, with these names) that
/// has been read. Those in float also fit an energy of doubles.
///
/// Throws `Error`, and leaves the energy as it was, if the file lacks a parameter, has one more, or
/// holds another type, another shape or a value that is not finite.
template <TrainableEnergy E>
void load_model(const SafeTensors& content, E& energy) {
  using T = typename E::value_type;
  const auto infos = energy.parameter_infos();
  std::vector<T> values(energy.parameters().size());
  for (const ParameterInfo& info : infos) {
    const auto take = [&]<class Stored>(std::type_identity<Stored>) {
      const auto tensor = content.get<Stored>(info.name, {info.shape.begin(), info.shape.end()});
      detail::require_finite_tensor(content, info.name, tensor);
      std::ranges::copy(tensor, values.begin() + info.offset);
    };
    if (content.at(info.name).dtype == DType::F32) {
      take(std::type_identity<float>{});
    } else {
      take(std::type_identity<T>{});
    }
  }
  for (const auto& [name, tensor] : content.tensors()) {
    if (std::ranges::find(infos, name, &ParameterInfo::name) == infos.end()) {
      throw Error(sentence(content.source(), " holds a tensor ", quoted_text(name),
                           ", which the model does not have"));
    }
  }
  energy.change_parameters(
      [&](std::span<T> parameters) { std::ranges::copy(values, parameters.begin()); });
}

/// The same for a file that is yet to be read; throws `Error` too if it can't be, or is broken.
template <TrainableEnergy E>
void load_model(const std::filesystem::path& path, E& energy) {
  load_model(read_safetensors(path), energy);
}

}  // namespace ebm::inline EBM_ABI::io
