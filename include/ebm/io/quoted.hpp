// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <ebm/core/abi.hpp>
#include <ebm/io/utf8.hpp>
#include <filesystem>
#include <string>
#include <string_view>

/// Paths and other text from outside, as messages show them.
namespace ebm::inline EBM_ABI::io {

/// Text from outside as messages show it: short, in UTF-8, and without control characters.
[[nodiscard]] inline std::string quoted_text(std::string_view text) {
  constexpr std::size_t most = 300;
  std::string result = "'";
  while (!text.empty() && result.size() <= most) {
    const std::size_t length = utf8_character(text);
    const bool is_control = static_cast<unsigned char>(text.front()) < 0x20 || text.front() == 0x7f;
    result += length == 0 || is_control ? "?" : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result + (text.empty() ? "'" : "...'");
}

/// A path as messages show it.
[[nodiscard]] inline std::string quoted(const std::filesystem::path& path) {
  return quoted_text(path.native());
}

}  // namespace ebm::inline EBM_ABI::io
