// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <ebm/core/abi.hpp>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

/// The two exceptions that the library throws, and how their sentences are put together.
namespace ebm {  // the same for every instruction set

/// A state of the world that the call can't work with: a broken file, a full disk, a diverged run.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument outside of what the function documents.
class InvalidArgument : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// A number, a character, or a text that stays where it is.
using SentencePart = std::variant<std::string_view, char, long long, unsigned long long, double>;

template <class T>
[[nodiscard]] SentencePart sentence_part(const T& value) {
  if constexpr (std::is_same_v<T, char>) {
    return value;
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    return static_cast<unsigned long long>(value);
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<long long>(value);
  } else {
    static_assert(std::is_convertible_v<const T&, std::string_view>,
                  "a sentence is made of numbers, characters and texts");
    return std::string_view(value);
  }
}

/// No template, so that a program holds the code once, however many sentences it has.
[[nodiscard]] inline std::string joined(std::initializer_list<SentencePart> parts) {
  std::string text;
  const auto append = [&text](const auto& part) {
    using T = std::remove_cvref_t<decltype(part)>;
    if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, char>) {
      text += part;
    } else {
      std::array<char, 32> digits;
      char* const first = digits.data();
      char* const last = first + digits.size();
      if constexpr (std::is_same_v<T, double>) {
        text.append(first, std::to_chars(first, last, part, std::chars_format::general, 6).ptr);
      } else {
        text.append(first, std::to_chars(first, last, part).ptr);
      }
    }
  };
  for (const SentencePart& part : parts) std::visit(append, part);
  return text;
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_invalid_argument(
    std::initializer_list<SentencePart> parts) {
  throw InvalidArgument(joined(parts));
}

}  // namespace detail

/// Joins numbers, characters and texts to a message, the same in every locale.
///
/// Floating-point numbers have six significant digits, as those of `operator<<`.
template <class... Parts>
[[nodiscard]] std::string sentence(const Parts&... parts) {
  return detail::joined({detail::sentence_part(parts)...});
}

/// Throws `InvalidArgument` made of `parts` unless `condition` holds.
///
/// The caller's own code is the test alone: what comes after it stands apart.
template <class... Parts>
[[gnu::always_inline]] inline void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]] {
    detail::throw_invalid_argument({detail::sentence_part(parts)...});
  }
}

}  // namespace ebm::inline EBM_ABI
