// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/abi.hpp>
#include <string_view>

/// Text that is read from its beginning to its end, part by part.
namespace ebm::inline EBM_ABI::io::detail {

/// Takes what comes before the next separator, or all that is left, off `text`, and the separator.
[[nodiscard]] inline std::string_view take_until(char separator, std::string_view& text) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// The same for a line; its end may be that of any system.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
  auto line = take_until('\n', text);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace ebm::inline EBM_ABI::io::detail
