// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/dtype.hpp>
#include <ebm/io/file.hpp>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// The JSON header of a safetensors file: what a tensor is called and where its bytes lie.
///
/// Source: https://github.com/huggingface/safetensors, "Format".
namespace ebm::io::detail {

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

  [[nodiscard]] SafeTensorsHeader parse(std::string_view text, std::size_t data_size) const {
    const Json json = parse_json(text);
    SafeTensorsHeader header;
    for (const auto& [name, value] : json.items()) {
      if (name == metadata_key) {
        header.metadata = metadata(value);
      } else {
        header.entries.push_back(entry(name, value));
      }
    }
    std::ranges::sort(header.entries, {},
                      [](const TensorEntry& e) { return std::tie(e.begin, e.end, e.name); });
    check_cover(header.entries, data_size);
    return header;
  }

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    throw Error(sentence("read_safetensors: ", quoted(path_), " ", parts...));
  }

 private:
  using Json = nlohmann::json;

  [[nodiscard]] Json parse_json(std::string_view text) const {
    if (!text.starts_with('{')) refuse("has a header that does not begin with '{'");
    // The parser keeps the last of two equal keys; two readers could then see two files.
    std::vector<std::set<std::string>> keys;
    const auto refuse_duplicates = [&](int, Json::parse_event_t event, Json& parsed) {
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
      if (event == Json::parse_event_t::object_end) keys.pop_back();
      if (event == Json::parse_event_t::key) {
        const auto [key, is_new] = keys.back().insert(parsed.get<std::string>());
        if (!is_new) refuse("has the key ", quoted_text(*key), " twice in its header");
      }
      return true;
    };
    try {
      return Json::parse(text, refuse_duplicates);
    } catch (const Json::parse_error& error) {
      refuse("has a header that is no valid JSON (byte ", error.byte, " of ", text.size(), ")");
    } catch (const Json::exception&) {
      refuse("has a header with a number that is out of range");
    }
  }

  [[nodiscard]] std::map<std::string, std::string> metadata(const Json& value) const {
    if (!value.is_object()) refuse("has a ", metadata_key, " that is no object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string())
        refuse("has ", metadata_key, " ", quoted_text(key), " that is no string");
    }
    return value.get<std::map<std::string, std::string>>();
  }

  [[nodiscard]] TensorEntry entry(const std::string& name, const Json& value) const {
    if (!value.is_object()) refuse("has tensor ", quoted_text(name), " that is no object");
    const auto& type = member(name, value, "dtype");
    const auto dtype = type.is_string() ? dtype_named(type.get<std::string>()) : std::nullopt;
    if (!dtype)
      refuse("has tensor ", quoted_text(name), " of unknown dtype ",
             type.is_string() ? quoted_text(type.get_ref<const std::string&>())
                              : std::string(type.type_name()));
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

  [[nodiscard]] const Json& member(const std::string& name, const Json& value,
                                   const char* key) const {
    const auto found = value.find(key);
    if (found == value.end()) refuse("has tensor ", quoted_text(name), " without ", key);
    return *found;
  }

  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name, const Json& value,
                                                   const char* key) const {
    constexpr std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
    const auto& list = member(name, value, key);
    const auto in_range = [](const Json& number) {
      return number.is_number_unsigned() && number.get<std::uint64_t>() <= limit;
    };
    if (!list.is_array() || !std::ranges::all_of(list, in_range)) {
      refuse("has tensor ", quoted_text(name), " whose ", key,
             " is no list of integers in [0, 2^63)");
    }
    return list.get<std::vector<std::int64_t>>();
  }

  /// The tensors must follow each other without overlap or hole, from the first byte to the last.
  void check_cover(const std::vector<TensorEntry>& entries, std::size_t data_size) const {
    std::size_t covered = 0;
    for (const auto& entry : entries) {
      if (entry.end > data_size) {
        refuse("has tensor ", quoted_text(entry.name), " up to byte ", entry.end,
               " of the data, which has ", data_size);
      }
      if (entry.begin != covered) {
        refuse("has tensor ", quoted_text(entry.name), " at byte ", entry.begin, " of the data, ",
               entry.begin < covered ? "inside the tensor before it" : "after a hole",
               ": expected byte ", covered);
      }
      covered = entry.end;
    }
    if (covered != data_size) {
      refuse("has ", data_size, " bytes of data, but its tensors end after ", covered);
    }
  }

  const std::filesystem::path& path_;
};

/// The header as it is written, padded with spaces to a multiple of 8 bytes so the data is aligned.
[[nodiscard]] inline std::string format_header(const SafeTensorsHeader& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) json[std::string(metadata_key)] = header.metadata;
  for (const auto& entry : header.entries) {
    json[entry.name] = {{"dtype", dtype_name(entry.dtype)},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  }
  try {
    std::string text = json.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const nlohmann::json::type_error&) {
    throw InvalidArgument("write_safetensors: a name or a metadata text is not UTF-8");
  }
}

}  // namespace ebm::io::detail
