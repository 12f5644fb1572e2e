// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <ebm/core/abi.hpp>
#include <string>

/// Numbers with as many digits as a name or a table wants, the same in every locale.
namespace ebm::inline EBM_ABI::io {

/// The digits of a number, with zeros before them where they are fewer than `width`.
///
/// base: 2 to 16
[[nodiscard]] inline std::string zero_padded(std::uint64_t number, std::size_t width,
                                             int base = 10) {
  std::array<char, 64> digits;
  char* const last = std::to_chars(digits.begin(), digits.end(), number, base).ptr;
  const auto count = static_cast<std::size_t>(last - digits.data());
  return std::string(width > count ? width - count : 0, '0').append(digits.data(), count);
}

namespace detail {

[[nodiscard]] inline std::string real_digits(double value, std::chars_format format, int digits) {
  std::array<char, 512> text;  // 309 digits before the point, 100 after it
  return {text.data(), std::to_chars(text.begin(), text.end(), value, format, digits).ptr};
}

}  // namespace detail

/// A number with so many digits after its point, 0 to 100.
[[nodiscard]] inline std::string with_decimals(double value, int digits) {
  return detail::real_digits(value, std::chars_format::fixed, digits);
}

/// A number of so many significant digits, 1 to 100; zeros at the end are left out.
[[nodiscard]] inline std::string with_significant(double value, int digits) {
  return detail::real_digits(value, std::chars_format::general, digits);
}

}  // namespace ebm::inline EBM_ABI::io
