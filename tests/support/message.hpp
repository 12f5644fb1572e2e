// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// What the exception of type `E` says that `call` throws, or that it throws none.
template <class E, class Call>
[[nodiscard]] std::string message_of(Call call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}
