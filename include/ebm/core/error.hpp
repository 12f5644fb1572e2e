// SPDX-License-Identifier: MIT
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

/// The two exceptions that the library throws, and how their sentences are put together.
namespace ebm {

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

/// Joins the parts of a message as `operator<<` prints them.
template <class... Parts>
[[nodiscard]] std::string sentence(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Throws `InvalidArgument` made of `parts` unless `condition` holds.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) throw InvalidArgument(sentence(parts...));
}

}  // namespace ebm
