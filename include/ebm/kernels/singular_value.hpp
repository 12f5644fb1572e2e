// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ebm/core/pack.hpp>

/// The largest singular value of a matrix, with sums in an order that no machine changes.
namespace ebm::inline EBM_ABI::kernels {

namespace detail {

/// Elements [0, count) of `from` in the first lanes, zeros in the others.
template <class T>
Pack<T> load_some(const T* from, int count) noexcept {
  alignas(Pack<T>) T values[lanes] = {};
  std::copy_n(from, count, values);
  return Pack<T>::load(values);
}

}  // namespace detail

/// The sum of a[i] b[i]: lane by lane, then over the lanes.
///
/// a, b: [count], at any address
template <class T>
T dot(const T* a, const T* b, int count) noexcept {
  Pack<T> sum(T(0));
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    sum = fma(Pack<T>::load_unaligned(a + i), Pack<T>::load_unaligned(b + i), sum);
  }
  if (i < count) {
    sum = fma(detail::load_some(a + i, count - i), detail::load_some(b + i, count - i), sum);
  }
  return sum_lanes(sum);
}

/// y += a x.
///
/// x, y: [count], at any address
template <class T>
void add_scaled(T a, const T* x, T* y, int count) noexcept {
  const Pack<T> factor(a);
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    fma(factor, Pack<T>::load_unaligned(x + i), Pack<T>::load_unaligned(y + i))
        .store_unaligned(y + i);
  }
  if (i < count) {
    alignas(Pack<T>) T sums[lanes];
    fma(factor, detail::load_some(x + i, count - i), detail::load_some(y + i, count - i))
        .store(sums);
    std::copy_n(sums, count - i, y + i);
  }
}

/// x /= |x|, and returns |x|; a zero vector stays one.
template <class T>
T normalize(T* x, int count) noexcept {
  const T norm = std::sqrt(dot(x, x, count));
  if (norm > 0) {
    for (int i = 0; i < count; ++i) x[i] /= norm;
  }
  return norm;
}

/// The largest singular value of `matrix`, by `iterations` >= 1 steps of power iteration.
///
/// u and v become its singular vectors, of length 1. The start has no state to keep: the fractional
/// parts of multiples of the golden ratio, which no weight is likely to be orthogonal to. A step
/// shrinks the error by (second largest / largest)^2; what is found is never too large. For a zero
/// matrix it is 0, and so are u and v.
/// matrix: [rows][columns]; u: [rows]; v: [columns]
/// Source: Golub and Van Loan, "Matrix Computations", section 7.3; Miyato et al. 2018, alg. 1.
template <class T>
T largest_singular_value(const T* matrix, int rows, int columns, int iterations, T* u,
                         T* v) noexcept {
  for (int row = 0; row < rows; ++row) {
    const std::uint32_t fraction = static_cast<std::uint32_t>(row + 1) * 0x9E3779B9u;
    u[row] = static_cast<T>(fraction / 4294967296.0 - 0.5);
  }
  T value(0);
  for (int step = 0; step < iterations; ++step) {
    std::fill_n(v, columns, T(0));
    for (int row = 0; row < rows; ++row) add_scaled(u[row], matrix + row * columns, v, columns);
    normalize(v, columns);
    for (int row = 0; row < rows; ++row) u[row] = dot(matrix + row * columns, v, columns);
    value = normalize(u, rows);
  }
  return value;
}

}  // namespace ebm::inline EBM_ABI::kernels
