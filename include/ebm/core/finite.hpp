// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <ebm/core/pack.hpp>
#include <limits>
#include <span>
#include <type_traits>

namespace ebm::inline EBM_ABI {

/// Whether no value is infinite or NaN.
template <class Value>
[[nodiscard]] bool all_finite(std::span<Value> values) noexcept {
  using T = std::remove_const_t<Value>;
  const Pack<T> infinity(std::numeric_limits<T>::infinity());
  Pack<T> bad(T(0));
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    bad = select(abs(Pack<T>::load_unaligned(values.data() + i)) < infinity, bad, Pack<T>(T(1)));
  }
  bool is_finite = sum_lanes(bad) == T(0);
  for (; i < values.size(); ++i) is_finite = is_finite && std::isfinite(values[i]);
  return is_finite;
}

}  // namespace ebm::inline EBM_ABI
