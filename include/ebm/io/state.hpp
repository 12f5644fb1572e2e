// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/state.hpp>
#include <ebm/io/safetensors.hpp>

/// What a run has to remember, as a file.
namespace ebm::inline EBM_ABI::io {

/// Writes a state as safetensors, an entry a flat tensor; replaces `path` as a whole or not at all.
///
/// metadata: free texts about the state
/// Equal states give equal bytes. Throws `Error` if the file can't be written.
inline void save_state(const std::filesystem::path& path, const State& state,
                       const std::map<std::string, std::string>& metadata = {}) {
  std::vector<TensorView> tensors;
  for (const auto& entry : state.values()) {  // clang 14 captures no structured binding
    std::visit(
        [&]<class T>(const std::vector<T>& numbers) {
          tensors.push_back({entry.first,
                             dtype_of<T>,
                             {static_cast<std::int64_t>(numbers.size())},
                             std::as_bytes(std::span(numbers))});
        },
        entry.second);
  }
  write_safetensors(path, tensors, metadata);
}

/// The state in a file of `save_state` that has been read; throws `Error` if it holds something
/// else.
[[nodiscard]] inline State state_in(const SafeTensors& content) {
  State state;
  for (const auto& entry : content.tensors()) {
    const std::string& name = entry.first;
    const Tensor& tensor = entry.second;
    const auto put = [&]<class T>(std::type_identity<T>) {
      const auto numbers = content.get<T>(name, {-1});
      state.put(name, std::vector<T>(numbers.begin(), numbers.end()));
    };
    switch (tensor.dtype) {
      case DType::F32:
        put(std::type_identity<float>{});
        break;
      case DType::F64:
        put(std::type_identity<double>{});
        break;
      case DType::I64:
        put(std::type_identity<std::int64_t>{});
        break;
      default:
        throw Error(sentence("tensor ", quoted_text(name), " of ", content.source(), " holds ",
                             dtype_name(tensor.dtype), ", expected F32, F64 or I64"));
    }
  }
  return state;
}

/// Reads a file of `save_state`; throws `Error` if it is broken or holds something else.
[[nodiscard]] inline State load_state(const std::filesystem::path& path) {
  return state_in(read_safetensors(path));
}

}  // namespace ebm::inline EBM_ABI::io
