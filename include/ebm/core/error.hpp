// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstddef>
#include <ebm/core/abi.hpp>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

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

/// A text that stays where it is, or a number or character as text.
class SentencePart {
 public:
  SentencePart(std::string_view text) : text_(text) {}
  SentencePart(char character) : text_(digits_, 1) { digits_[0] = character; }
  SentencePart(long long number) { write(number); }
  SentencePart(unsigned long long number) { write(number); }
  SentencePart(double number) { write(number, std::chars_format::general, 6); }
  SentencePart(const SentencePart&) = delete;  // text_ may be this object's own

  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  // Not where a sentence stands, of which a program has hundreds.
  template <class... Number>
  [[gnu::cold, gnu::noinline]] void write(Number... number) {
    const char* const end = std::to_chars(digits_, digits_ + sizeof(digits_), number...).ptr;
    text_ = {digits_, static_cast<std::size_t>(end - digits_)};
  }

  char digits_[32];
  std::string_view text_;
};

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
[[nodiscard, gnu::cold]] inline std::string joined(std::initializer_list<SentencePart> parts) {
  std::string text;
  for (const SentencePart& part : parts) text += part.text();
  return text;
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_invalid_argument(
    std::initializer_list<SentencePart> parts) {
  throw InvalidArgument(joined(parts));
}

}  // namespace detail

/// Joins numbers, characters and texts to a message, the same in every locale.
///
/// Floating-point numbers have six significant digits, as those of `operator<<`; true and false are
/// 1 and 0.
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
