// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <ebm/core/abi.hpp>
#include <ebm/core/error.hpp>
#include <ebm/io/utf8.hpp>
#include <filesystem>
#include <string>
#include <string_view>

/// Paths and other text from outside, as messages show them.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// Whether a character in UTF-8 is one of the 65 that steer a terminal.
[[nodiscard]] inline bool is_control(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  return character.size() == 2 && byte(0) == 0xc2 && byte(1) < 0xa0;  // U+0080 to U+009F
}

}  // namespace detail

/// Text from outside as a terminal can show it: in UTF-8, and without control characters.
///
/// most: bytes after which the rest is left out
[[nodiscard]] inline std::string printable(std::string_view text,
                                           std::size_t most = std::string_view::npos) {
  std::string result;
  while (!text.empty() && result.size() < most) {
    const std::size_t length = utf8_character(text);
    const bool is_shown = length > 0 && !detail::is_control(text.substr(0, length));
    result += is_shown ? text.substr(0, length) : "?";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text.empty() ? result : result + "...";
}

/// The same in quotes, as messages show it, and no more than 300 bytes of it.
[[nodiscard]] inline std::string quoted_text(std::string_view text) {
  return sentence('\'', printable(text, 300), '\'');
}

/// A path as messages show it.
[[nodiscard]] inline std::string quoted(const std::filesystem::path& path) {
  return quoted_text(path.native());
}

}  // namespace ebm::inline EBM_ABI::io
