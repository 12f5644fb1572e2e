// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <ebm/core/attributes.hpp>

namespace ebm::inline EBM_ABI {

/// A random word's upper 24 bits as a number that is uniform in [low, high); low < high in T.
template <class T>
EBM_INLINE T uniform_between(std::uint32_t word, double low, double high) noexcept {
  const double share = static_cast<double>(word >> 8) * 0x1p-24;
  const T value = static_cast<T>(low + (high - low) * share), end = static_cast<T>(high);
  return value < end ? value : std::nextafter(end, static_cast<T>(low));  // rounding reached it
}

}  // namespace ebm::inline EBM_ABI
