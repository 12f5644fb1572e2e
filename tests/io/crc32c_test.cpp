// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <ebm/io/crc32c.hpp>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

using ebm::io::crc32c;

std::uint32_t crc32c_of(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text)));
}

/// The definition: polynomial division, bit by bit.
std::uint32_t remainder_of(std::span<const std::byte> bytes) {
  std::uint32_t remainder = 0xffffffff;
  for (const std::byte byte : bytes) {
    remainder ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78 : 0);
    }
  }
  return ~remainder;
}

}  // namespace

TEST_CASE("CRC-32C gives the known answers of RFC 3720") {
  std::vector<std::byte> bytes(32);
  CHECK(crc32c(bytes) == 0x8a9136aa);
  bytes.assign(32, std::byte{0xff});
  CHECK(crc32c(bytes) == 0x62a8ab43);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  CHECK(crc32c(bytes) == 0x46dd794e);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(31 - i);
  CHECK(crc32c(bytes) == 0x113fdb5c);

  // An iSCSI read command.
  bytes.assign(48, std::byte{0});
  bytes[0] = std::byte{0x01}, bytes[1] = std::byte{0xc0};
  bytes[16] = bytes[27] = std::byte{0x14};
  bytes[22] = std::byte{0x04}, bytes[31] = std::byte{0x18};
  bytes[32] = std::byte{0x28}, bytes[40] = std::byte{0x02};
  CHECK(crc32c(bytes) == 0xd9963a56);
}

TEST_CASE("CRC-32C of nothing is 0, and of the digits 1 to 9 its published check value") {
  CHECK(crc32c_of("") == 0);
  CHECK(crc32c_of("123456789") == 0xe3069283);
}

TEST_CASE("CRC-32C is the remainder of a polynomial division for any length and alignment") {
  std::vector<std::byte> bytes(64);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(37 * i + i * i);
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t size = 0; start + size <= bytes.size(); ++size) {
      const auto part = std::span(bytes).subspan(start, size);
      CHECK(crc32c(part) == remainder_of(part));
    }
  }
}
