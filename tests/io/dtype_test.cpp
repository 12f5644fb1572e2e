// SPDX-License-Identifier: MIT
#include <array>
#include <cstdint>
#include <ebm/io/dtype.hpp>
#include <limits>
#include <optional>

#include "support/catch.hpp"

using ebm::io::byte_size;
using ebm::io::DType;
using ebm::io::dtype_of;

TEST_CASE("each C++ type is stored as an element type of its size") {
  const auto size_of = []<class T>(T) { return ebm::io::dtype_size(dtype_of<T>) == sizeof(T); };
  CHECK(size_of(std::uint8_t{}));
  CHECK(size_of(std::int8_t{}));
  CHECK(size_of(std::uint16_t{}));
  CHECK(size_of(std::int16_t{}));
  CHECK(size_of(std::uint32_t{}));
  CHECK(size_of(std::int32_t{}));
  CHECK(size_of(std::uint64_t{}));
  CHECK(size_of(std::int64_t{}));
  CHECK(size_of(float{}));
  CHECK(size_of(double{}));
}

TEST_CASE("an element type is found by its name and a strange name is not") {
  CHECK(ebm::io::dtype_named("F32") == DType::F32);
  CHECK(ebm::io::dtype_named("BF16") == DType::BF16);
  CHECK(ebm::io::dtype_named("BOOL") == DType::BOOL);
  CHECK_FALSE(ebm::io::dtype_named("F31").has_value());
  CHECK_FALSE(ebm::io::dtype_named("f32").has_value());
  CHECK_FALSE(ebm::io::dtype_named("").has_value());
}

TEST_CASE("a scalar has the size of one element, and an empty tensor none") {
  CHECK(byte_size(DType::F64, {}) == 8U);
  CHECK(byte_size(DType::F32, std::array<std::int64_t, 3>{2, 0, 3}) == 0U);
  CHECK(byte_size(DType::BF16, std::array<std::int64_t, 2>{3, 5}) == 30U);
}

TEST_CASE("a negative dimension and a product beyond 64 bits have no size") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(byte_size(DType::U8, std::array{most}) == static_cast<std::size_t>(most));
  CHECK(byte_size(DType::F32, std::array{most}) == std::nullopt);
  CHECK(byte_size(DType::U8, std::array{most, most}) == std::nullopt);
  CHECK(byte_size(DType::U8, std::array<std::int64_t, 1>{-1}) == std::nullopt);
}
