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
        [&]<class T>(std::span<const T> numbers) {
          tensors.push_back({entry.first,
                             dtype_of<T>,
                             {static_cast<std::int64_t>(numbers.size())},
                             std::as_bytes(numbers)});
        },
        entry.second.numbers);
  }
  write_safetensors(path, tensors, metadata);
}

/// The state in a file of `save_state` that has been read, whose bytes it takes over; throws
/// `Error` if it holds something else.
[[nodiscard]] inline State state_in(SafeTensors content) {
  State state;
  for (auto& [name, tensor] : content.take_tensors()) {
    const auto refuse = [&, &key = name](const auto&... what) {
      throw Error(sentence("tensor ", quoted_text(key), " of ", content.source(), what...));
    };
    const std::size_t dimensions = tensor.shape.size();
    if (dimensions != 1) refuse(" has ", dimensions, " dimensions, expected 1");
    const DType dtype = tensor.dtype;
    const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(tensor.bytes));
    const auto put = [&, &key = name]<class T>(std::type_identity<T>) {
      // Bytes from operator new are aligned for every number.
      const auto* numbers = reinterpret_cast<const T*>(owner->data());
      state.put(key, State::Values{std::span(numbers, owner->size() / sizeof(T)), owner});
    };
    switch (dtype) {
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
        refuse(" holds ", dtype_name(dtype), ", expected F32, F64 or I64");
    }
  }
  return state;
}

/// Reads a file of `save_state`; throws `Error` if it is broken or holds something else.
[[nodiscard]] inline State load_state(const std::filesystem::path& path) {
  return state_in(read_safetensors(path));
}

}  // namespace ebm::inline EBM_ABI::io
