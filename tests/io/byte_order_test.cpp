// SPDX-License-Identifier: MIT
#include <cstdint>
#include <ebm/io/byte_order.hpp>

#include "support/catch.hpp"

using ebm::io::detail::append_number;
using ebm::io::detail::read_number;

TEST_CASE("numbers are written and read in either order of their bytes") {
  std::vector<std::uint8_t> bytes;
  append_number<std::endian::big>(bytes, std::uint32_t{0x01020304});
  append_number<std::endian::little>(bytes, std::uint16_t{0x0506});
  append_number<std::endian::little>(bytes, std::uint64_t{0xF1F2F3F4F5F6F7F8});
  CHECK(bytes == std::vector<std::uint8_t>{1, 2, 3, 4, 6, 5, 0xF8, 0xF7, 0xF6, 0xF5, 0xF4, 0xF3,
                                           0xF2, 0xF1});
  const std::span<const std::uint8_t> all(bytes);
  CHECK(read_number<std::endian::big, std::uint32_t>(all) == 0x01020304);
  CHECK(read_number<std::endian::little, std::uint16_t>(all.subspan(4)) == 0x0506);
  CHECK(read_number<std::endian::little, std::uint64_t>(all.subspan(6)) == 0xF1F2F3F4F5F6F7F8);
}
