// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/dtype.hpp>
#include <ebm/io/json.hpp>
#include <ebm/io/quoted.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// The JSON header of a safetensors file: what a tensor is called and where its bytes lie.
///
/// Source: https://github.com/huggingface/safetensors, "Format".
namespace ebm::inline EBM_ABI::io::detail {

/// One tensor; its bytes are [begin, end) of the data that follows the header.
struct TensorEntry {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
  std::size_t begin, end;
};

/// The header's content; the entries stand in the order of their data.
struct SafeTensorsHeader {
  std::vector<TensorEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// The key that is no tensor.
inline constexpr std::string_view metadata_key = "__metadata__";

/// Reads one file's header; every method throws Error where the format is not met.
class HeaderParser {
 public:
  explicit HeaderParser(const std::filesystem::path& path) : path_(path) {}

  /// The tensors must follow each other without overlap or hole, from the first byte on. Two equal
  /// keys are refused: two readers could see two files.
  [[nodiscard]] SafeTensorsHeader parse(std::string_view text) const {
    if (!text.starts_with('{')) refuse("has a header that does not begin with '{'");
    SafeTensorsHeader header;
    JsonReader reader(text);
    try {
      reader.object([&](const std::string& name) {
        if (name == metadata_key) {
          header.metadata = metadata(reader);
        } else {
          header.entries.push_back(entry(name, reader.value(JSON_ALLOW_NUL).get()));
        }
      });
      reader.require_end();
    } catch (const JsonReader::Fault& fault) {
      refuse("has a header that can't be read, at byte ", fault.at, " of ", text.size(), ": ",
             fault.what);
    }
    std::ranges::sort(header.entries, {},
                      [](const TensorEntry& e) { return std::tie(e.begin, e.end, e.name); });
    check_order(header.entries);
    return header;
  }

  /// Throws unless the tensors end where the data does, which has `size` bytes.
  void check_size(const std::vector<TensorEntry>& entries, std::uint64_t size) const {
    for (const auto& entry : entries) {
      if (entry.end > size) {
        refuse("has tensor ", quoted_text(entry.name), " up to byte ", entry.end,
               " of the data, which has ", size);
      }
    }
    const std::size_t covered = entries.empty() ? 0 : entries.back().end;
    if (covered != size) {
      refuse("has ", size, " bytes of data, but its tensors end after ", covered);
    }
  }

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    throw Error(sentence(quoted(path_), " ", parts...));
  }

 private:
  [[nodiscard]] std::map<std::string, std::string> metadata(JsonReader& reader) const {
    std::map<std::string, std::string> texts;
    if (reader.peek() == 'n') {
      const Json null = reader.value();  // no other value begins with this letter
      return texts;
    }
    if (reader.peek() != '{') refuse("has a ", metadata_key, " that is no object");
    reader.object([&](const std::string& key) {
      const Json text = reader.value(JSON_ALLOW_NUL);
      if (!json_is_string(text.get())) {
        refuse("has ", metadata_key, " ", quoted_text(key), " that is no string");
      }
      texts.emplace(key, view(text.get()));
    });
    return texts;
  }

  [[nodiscard]] static std::string_view view(const json_t* text) {
    return {json_string_value(text), json_string_length(text)};
  }

  [[nodiscard]] TensorEntry entry(const std::string& name, const json_t* value) const {
    if (!json_is_object(value)) refuse("has tensor ", quoted_text(name), " that is no object");
    const json_t* type = member(name, value, "dtype");
    if (!json_is_string(type)) {
      refuse("has tensor ", quoted_text(name), " whose dtype is no string");
    }
    const auto dtype = dtype_named(view(type));
    if (!dtype) {
      refuse("has tensor ", quoted_text(name), " of unknown dtype ", quoted_text(view(type)));
    }
    const auto shape = integers(name, value, "shape");
    const auto offsets = integers(name, value, "data_offsets");
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      refuse("has tensor ", quoted_text(name),
             " whose data_offsets are no [begin, end] with begin <= end");
    }
    const auto size = byte_size(*dtype, shape);
    if (!size) refuse("has tensor ", quoted_text(name), " whose shape overflows");
    const auto begin = static_cast<std::size_t>(offsets[0]);
    const auto end = static_cast<std::size_t>(offsets[1]);
    if (end - begin != *size) {
      refuse("gives tensor ", quoted_text(name), " ", end - begin,
             " bytes by its data_offsets, but ", *size, " by its dtype and shape");
    }
    return {name, *dtype, shape, begin, end};
  }

  [[nodiscard]] const json_t* member(const std::string& name, const json_t* value,
                                     const char* key) const {
    const json_t* const found = json_object_get(value, key);
    if (!found) refuse("has tensor ", quoted_text(name), " without ", key);
    return found;
  }

  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name, const json_t* value,
                                                   const char* key) const {
    const json_t* const list = member(name, value, key);
    std::vector<std::int64_t> numbers;
    bool are_sizes = json_is_array(list);
    for (std::size_t i = 0; i < json_array_size(list); ++i) {
      const json_t* const number = json_array_get(list, i);
      numbers.push_back(json_integer_value(number));
      are_sizes = are_sizes && json_is_integer(number) && numbers.back() >= 0;
    }
    if (!are_sizes) {
      refuse("has tensor ", quoted_text(name), " whose ", key,
             " is no list of integers in [0, 2^63)");
    }
    return numbers;
  }

  void check_order(const std::vector<TensorEntry>& entries) const {
    std::size_t covered = 0;
    for (const auto& entry : entries) {
      if (entry.begin != covered) {
        refuse("has tensor ", quoted_text(entry.name), " at byte ", entry.begin, " of the data, ",
               entry.begin < covered ? "inside the tensor before it" : "after a hole",
               ": expected byte ", covered);
      }
      covered = entry.end;
    }
  }

  const std::filesystem::path& path_;
};

/// The header as it is written, padded with spaces to a multiple of 8 bytes so the data is aligned.
[[nodiscard]] inline std::string format_header(const SafeTensorsHeader& header) {
  std::vector<std::pair<std::string, std::string>> members;
  if (!header.metadata.empty()) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& [key, text] : header.metadata) texts.emplace_back(key, json_text(text));
    members.emplace_back(metadata_key, json_object_of(texts));
  }
  for (const auto& entry : header.entries) {
    std::string shape;
    for (const std::int64_t size : entry.shape) shape += sentence(shape.empty() ? "" : ",", size);
    members.emplace_back(entry.name,
                         sentence(R"({"dtype":")", dtype_name(entry.dtype), R"(","shape":[)", shape,
                                  R"(],"data_offsets":[)", entry.begin, ',', entry.end, "]}"));
  }
  std::string text = json_object_of(members);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace ebm::inline EBM_ABI::io::detail
