// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <ebm/core/error.hpp>
#include <ebm/io/finite_tensor.hpp>
#include <ebm/io/safetensors.hpp>
#include <string>
#include <string_view>

/// Models as C++ source, for programs that read no file.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// A number as a literal of C++ that means it exactly.
[[nodiscard]] inline std::string float_literal(float value) {
  std::array<char, 32> digits;
  const char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::hex)
          .ptr;
  std::string text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  text.insert(text.starts_with('-') ? 1 : 0, "0x");
  return text + 'f';
}

/// Text as a literal of C++.
[[nodiscard]] inline std::string string_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || byte < 0x20 || byte >= 0x7f) {
      literal += {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
                  static_cast<char>('0' + byte % 8)};
    } else {
      literal += c;
    }
  }
  return literal + '"';
}

/// Whether a name can be one of C++ without doubt: a letter, then letters, digits and underlines.
[[nodiscard]] inline bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace detail

/// Writes a header that has a model's tensors as `NAME::tensors`, for `load_embedded`, and its free
/// texts as `NAME::metadata`; replaces `path` as a whole or not at all.
///
/// name: of the namespace
/// Throws `InvalidArgument` unless that is an identifier, and `Error` if there is no tensor, one
/// holds no float or one that is not finite, or the file can't be written.
inline void write_embedded(const std::filesystem::path& path, const SafeTensors& content,
                           std::string_view name) {
  require(detail::is_identifier(name), "write_embedded: ", quoted_text(name),
          " can't be the name of a namespace: expected letters, digits and underlines");
  if (content.tensors().empty()) throw Error("there is no tensor to embed");
  std::string text =
      "// A model's weights, to be given to an energy by ebm::load_embedded.\n"
      "#pragma once\n\n"
      "#include <ebm/energy/embedded.hpp>\n"
      "#include <string_view>\n"
      "#include <utility>\n\n";
  text += sentence("namespace ", name, " {\n\n");
  std::string list;
  std::size_t number = 0;
  for (const auto& entry : content.tensors()) {
    const auto values = content.get<float>(entry.first);
    if (values.empty()) {  // C++ has no array of none
      throw Error(sentence("tensor ", quoted_text(entry.first), " holds no value"));
    }
    detail::require_finite_tensor(content, entry.first, values);
    const std::string array = sentence("tensor", ++number);
    text += sentence("inline constexpr float ", array, "[] = {  // ", quoted_text(entry.first));
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += (i % 6 == 0 ? "\n    " : " ") + detail::float_literal(values[i]) + ',';
    }
    text += "};\n";
    list += sentence("    {", detail::string_literal(entry.first), ", ", array, "},\n");
  }
  text += sentence("\ninline constexpr ebm::EmbeddedTensor tensors[] = {\n", list, "};\n");
  text += "\ninline constexpr std::pair<std::string_view, std::string_view> metadata[] = {\n";
  text += "    {\"made_by\", \"ebm\"},\n";
  for (const auto& [key, value] : content.metadata()) {
    text +=
        sentence("    {", detail::string_literal(key), ", ", detail::string_literal(value), "},\n");
  }
  text += sentence("};\n\n}  // namespace ", name, '\n');
  write_file_atomically(path, text);
}

}  // namespace ebm::inline EBM_ABI::io
