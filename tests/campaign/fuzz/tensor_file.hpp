// SPDX-License-Identifier: MIT
#pragma once

#include <jansson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ebm/io/crc32c.hpp>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "checks.hpp"
#include "mutation.hpp"

/// Safetensors files in parts, so that a mutated part still lies in a file that fits together. Not
/// made of the library's reader and writer, which are what is tried.
namespace fuzz {

struct TensorPart {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  Bytes bytes;
};

struct TensorFile {
  std::vector<TensorPart> tensors;
  std::map<std::string, std::string> metadata;
};

inline constexpr const char* checksum_key = "ebm_crc32c";

/// Types and the bytes of an element.
inline constexpr std::array<std::pair<std::string_view, std::int64_t>, 16> dtypes{{{"F32", 4},
                                                                                   {"F64", 8},
                                                                                   {"I64", 8},
                                                                                   {"U8", 1},
                                                                                   {"BOOL", 1},
                                                                                   {"I8", 1},
                                                                                   {"U16", 2},
                                                                                   {"F8_E4M3", 1},
                                                                                   {"F8_E5M2", 1},
                                                                                   {"I16", 2},
                                                                                   {"F16", 2},
                                                                                   {"BF16", 2},
                                                                                   {"U32", 4},
                                                                                   {"I32", 4},
                                                                                   {"U64", 8},
                                                                                   {"C64", 8}}};

/// 0 for no such type.
[[nodiscard]] inline std::int64_t element_size(std::string_view dtype) {
  const auto* found = std::ranges::find(dtypes, dtype, [](const auto& pair) { return pair.first; });
  return found == dtypes.end() ? 0 : found->second;
}

[[nodiscard]] inline std::string string_of(const json_t* text) {
  if (!json_is_string(text)) return {};
  return {json_string_value(text), json_string_length(text)};
}

/// Lends jansson memory while it lives, which nothing watches: that of malloc, with the sanitizer's
/// books, takes a fifth of a trial.
class MutatorsMemory {
 public:
  MutatorsMemory() {
    used_ = 0;
    json_set_alloc_funcs(take, [](void*) {});
  }
  MutatorsMemory(const MutatorsMemory&) = delete;
  MutatorsMemory& operator=(const MutatorsMemory&) = delete;
  ~MutatorsMemory() { json_set_alloc_funcs(std::malloc, std::free); }

 private:
  /// Nothing where a header needs more than there is: jansson then takes it for none.
  static void* take(std::size_t size) {
    constexpr std::size_t alignment = alignof(std::max_align_t);
    const std::size_t begin = used_;
    used_ = std::min(memory_.size(), used_ + (size + alignment - 1) / alignment * alignment);
    return size <= used_ - begin ? memory_.data() + begin : nullptr;
  }

  alignas(std::max_align_t) inline static std::array<std::byte, 1 << 20> memory_;
  inline static std::size_t used_ = 0;
};

/// The parts of a file whose header is JSON, as far as they make sense; nothing for another file.
[[nodiscard]] inline std::optional<TensorFile> tensor_file_of(std::span<const std::uint8_t> file) {
  std::uint64_t size = 0;
  if (file.size() < sizeof size) return {};
  std::memcpy(&size, file.data(), sizeof size);
  const auto body = file.subspan(sizeof size);
  if (size > body.size()) return {};
  const auto data = body.subspan(size);
  const MutatorsMemory memory;
  const std::unique_ptr<json_t, decltype(&json_decref)> header(
      json_loadb(reinterpret_cast<const char*>(body.data()), size, JSON_ALLOW_NUL, nullptr),
      &json_decref);
  if (!json_is_object(header.get())) return {};

  TensorFile result;
  const char* key = nullptr;
  json_t* value = nullptr;
  json_object_foreach(header.get(), key, value) {
    const char* inner = nullptr;
    json_t* entry = nullptr;
    if (std::string_view(key) == "__metadata__") {
      json_object_foreach(value, inner, entry) result.metadata[inner] = string_of(entry);
      continue;
    }
    TensorPart part{key, string_of(json_object_get(value, "dtype")), {}, {}};
    const json_t* const shape = json_object_get(value, "shape");
    for (std::size_t i = 0; i < json_array_size(shape); ++i) {
      part.shape.push_back(json_integer_value(json_array_get(shape, i)));
    }
    const json_t* const offsets = json_object_get(value, "data_offsets");
    const auto offset = [&](std::size_t i) {
      const auto number = json_integer_value(json_array_get(offsets, i));
      return std::min(static_cast<std::size_t>(std::max<json_int_t>(number, 0)), data.size());
    };
    const std::size_t begin = offset(0), end = std::max(offset(1), begin);
    part.bytes.assign(data.begin() + static_cast<std::ptrdiff_t>(begin),
                      data.begin() + static_cast<std::ptrdiff_t>(end));
    result.tensors.push_back(std::move(part));
  }
  return result;
}

/// The checksum that the library's reader expects in the metadata.
[[nodiscard]] inline std::string checksum_of(const TensorFile& file) {
  std::uint32_t check = 0;
  const auto add_text = [&](std::string_view text) {
    const std::string number = std::to_string(text.size()) + ':';
    check = ebm::io::crc32c(std::as_bytes(std::span(number)), check);
    check = ebm::io::crc32c(std::as_bytes(std::span(text)), check);
  };
  std::vector<const TensorPart*> tensors;
  for (const TensorPart& part : file.tensors) tensors.push_back(&part);
  std::ranges::sort(tensors, {}, &TensorPart::name);
  for (const TensorPart* part : tensors) {
    add_text(part->name);
    add_text(part->dtype);
    for (const std::int64_t size : part->shape) add_text(std::to_string(size));
    check = ebm::io::crc32c(std::as_bytes(std::span(part->bytes)), check);
  }
  for (const auto& [key, text] : file.metadata) {
    if (key == checksum_key) continue;
    add_text(key);
    add_text(text);
  }
  std::array<char, 9> digits;
  std::snprintf(digits.data(), digits.size(), "%08x", check);
  return digits.data();
}

/// A text in quotes; bytes that are not UTF-8 stay.
[[nodiscard]] inline std::string json_of(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') {
      json += c;
      continue;
    }
    std::array<char, 7> escape;
    std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned char>(c));
    json += escape.data();
  }
  return json + '"';
}

/// The header of a file whose tensors follow each other.
[[nodiscard]] inline std::string header_of(const TensorFile& file) {
  std::string texts, tensors;
  for (const auto& [key, text] : file.metadata) {
    texts += (texts.empty() ? "" : ",") + json_of(key) + ':' + json_of(text);
  }
  std::size_t begin = 0;
  for (const TensorPart& part : file.tensors) {
    std::string shape;
    for (const std::int64_t size : part.shape) {
      shape += (shape.empty() ? "" : ",") + std::to_string(size);
    }
    const std::size_t end = begin + part.bytes.size();
    tensors += (tensors.empty() ? "" : ",") + json_of(part.name) +
               ":{\"dtype\":" + json_of(part.dtype) + ",\"shape\":[" + shape +
               "],\"data_offsets\":[" + std::to_string(begin) + ',' + std::to_string(end) + "]}";
    begin = end;
  }
  if (texts.empty()) return '{' + tensors + '}';
  return "{\"__metadata__\":{" + texts + '}' + (tensors.empty() ? "" : ",") + tensors + '}';
}

[[nodiscard]] inline Bytes bytes_of(const TensorFile& file, std::string_view header) {
  const auto size = std::bit_cast<std::array<std::uint8_t, 8>>(std::uint64_t{header.size()});
  Bytes bytes(size.begin(), size.end());
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const TensorPart& part : file.tensors) {
    bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.end());
  }
  return bytes;
}

/// Makes the checksum right where there is one.
inline void repair_checksum(TensorFile& file) {
  if (file.metadata.contains(checksum_key)) file.metadata[checksum_key] = checksum_of(file);
}

/// Gives a tensor as many bytes as its type and shape say, if that is not many.
inline void fit_bytes(TensorPart& part) {
  constexpr std::int64_t most = 4096;
  std::int64_t size = element_size(part.dtype);
  for (const std::int64_t dimension : part.shape) {
    if (dimension < 0 || dimension > most || (size *= dimension) > most) return;
  }
  part.bytes.resize(static_cast<std::size_t>(size));
}

}  // namespace fuzz
