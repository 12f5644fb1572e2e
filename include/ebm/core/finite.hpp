// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/abi.hpp>
#include <span>

namespace ebm::inline EBM_ABI {

/// Whether no value is infinite or NaN.
template <class T>
[[nodiscard]] bool all_finite(std::span<const T> values) noexcept {
  for (const T value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

}  // namespace ebm::inline EBM_ABI
