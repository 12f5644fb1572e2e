// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ebm/core/abi.hpp>
#include <span>

/// The checksum of TensorFlow's record files.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// Entry [zeros][byte] is the remainder of `byte` with `zeros` bytes of zeros after it.
using Crc32cTables = std::array<std::array<std::uint32_t, 256>, 8>;

[[nodiscard]] constexpr Crc32cTables make_crc32c_tables() {
  constexpr std::uint32_t polynomial = 0x82f63b78;  // 0x1edc6f41, its lowest power first
  Crc32cTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = remainder >> 1 ^ (remainder & 1 ? polynomial : 0);
    }
    tables[0][byte] = remainder;
  }
  for (std::size_t zeros = 1; zeros < 8; ++zeros) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto before = tables[zeros - 1][byte];
      tables[zeros][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

inline constexpr Crc32cTables crc32c_tables = make_crc32c_tables();

}  // namespace detail

/// The cyclic redundancy check CRC-32C (Castagnoli) of `bytes`, eight of them at a time.
///
/// before: the check of what comes before them, if it is one text with them
/// Source: RFC 3720, appendix B.4; Kounavis & Berry, "A Systematic Approach to Building High
/// Performance Software-Based CRC Generators", 2005 (slicing by 8).
[[nodiscard]] constexpr std::uint32_t crc32c(std::span<const std::byte> bytes,
                                             std::uint32_t before = 0) noexcept {
  const auto& tables = detail::crc32c_tables;
  std::uint32_t remainder = ~before;
  const auto low_byte = [](std::uint32_t value) { return value & 0xff; };
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const auto byte = std::to_integer<std::uint32_t>(bytes[i]);
      next ^= tables[7 - i][byte ^ (i < 4 ? low_byte(remainder >> 8 * i) : 0)];
    }
    remainder = next;
  }
  for (const std::byte byte : bytes) {
    const auto index = low_byte(remainder ^ std::to_integer<std::uint32_t>(byte));
    remainder = remainder >> 8 ^ tables[0][index];
  }
  return ~remainder;
}

}  // namespace ebm::inline EBM_ABI::io
