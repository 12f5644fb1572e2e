// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ebm {

/// The library's version (semantic versioning).
inline constexpr std::string_view version = "0.1.0";

}  // namespace ebm
