// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <ebm/core/abi.hpp>
#include <span>
#include <vector>

/// Whole numbers in files, their lowest byte first (std::endian::little) or their highest.
namespace ebm::inline EBM_ABI::io::detail {

/// Where byte `index` of a file's number of type `T` stands in the number.
template <std::endian Order, class T>
constexpr int shift_of(std::size_t index) {
  return 8 * static_cast<int>(Order == std::endian::little ? index : sizeof(T) - 1 - index);
}

template <std::endian Order, std::unsigned_integral T, class Byte>
void append_number(std::vector<Byte>& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes.push_back(static_cast<Byte>(value >> shift_of<Order, T>(i)));
  }
}

/// bytes: at least as many as the number has
template <std::endian Order, std::unsigned_integral T, class Byte>
[[nodiscard]] T read_number(std::span<const Byte> bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(bytes[i]) << shift_of<Order, T>(i));
  }
  return value;
}

}  // namespace ebm::inline EBM_ABI::io::detail
