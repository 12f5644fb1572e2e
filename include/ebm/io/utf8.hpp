// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <ebm/core/abi.hpp>
#include <string_view>

/// What a text must be for other programs to read it.
namespace ebm::inline EBM_ABI::io {

/// Bytes of the character that `text` begins with; 0 if it is none: a byte is out of place, the
/// code is longer than it must be, or a surrogate.
///
/// Source: RFC 3629.
[[nodiscard]] constexpr std::size_t utf8_character(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto lead = static_cast<std::uint8_t>(text.front());
  const int ones = std::countl_one(lead);
  const std::size_t length = ones == 0 ? 1 : static_cast<std::size_t>(ones);
  if (ones == 1 || length > 4 || length > text.size()) return 0;
  std::uint32_t code = lead & 0xffu >> (ones + 1);
  for (const char c : text.substr(1, length - 1)) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >> 6 != 0b10) return 0;
    code = code << 6 | (byte & 0x3f);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  return code < least[length] || code > 0x10ffff || is_surrogate ? 0 : length;
}

/// Whether `text` is UTF-8.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace ebm::inline EBM_ABI::io
