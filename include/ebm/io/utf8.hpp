// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What a text must be for other programs to read it.
namespace ebm::io {

/// Whether `text` is UTF-8: no byte out of place, no code longer than it must be, no surrogate.
///
/// Source: RFC 3629.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto lead = static_cast<std::uint8_t>(text.front());
    const int ones = std::countl_one(lead);
    const std::size_t length = ones == 0 ? 1 : static_cast<std::size_t>(ones);
    if (ones == 1 || length > 4 || length > text.size()) return false;
    std::uint32_t code = lead & 0xffu >> (ones + 1);
    for (const char c : text.substr(1, length - 1)) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte >> 6 != 0b10) return false;
      code = code << 6 | (byte & 0x3f);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code >= 0xd800 && code < 0xe000;
    if (code < least[length] || code > 0x10ffff || is_surrogate) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace ebm::io
