// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/core/pack.hpp>
#include <ebm/core/samples.hpp>
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

/// The first value that is infinite or NaN; their number if there is none.
template <class Value>
[[nodiscard]] std::size_t first_not_finite(std::span<Value> values) noexcept {
  std::size_t i = 0;
  while (i < values.size() && std::isfinite(values[i])) ++i;
  return i;
}

/// Throws `InvalidArgument`, in the name of `function`, unless all values of a sample are finite.
template <class T>
void require_finite_sample(const char* function, Eigen::Index row, std::span<const T> sample) {
  require(all_finite(sample), function, ": sample ", row, " holds a value that is not finite");
}
/// The same for all samples.
template <class T>
void require_finite_samples(const char* function, const ConstSamplesRef<T>& samples) {
  for (Eigen::Index row = 0; row < samples.rows(); ++row) {
    require_finite_sample<T>(function, row, sample_of(samples, row));
  }
}

}  // namespace ebm::inline EBM_ABI
