// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>
#include <ebm/random/stream.hpp>
#include <vector>

/// Numbers that are uniform in [-1, 1), the same for the same `id`.
template <class T>
[[nodiscard]] std::vector<T> random_values(std::size_t count, std::uint64_t id) {
  ebm::Sequence draws(ebm::Rng{42}.stream(ebm::Purpose::user), id);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(2 * draws.uniform() - 1);
  return values;
}

/// The same as samples.
template <class T>
[[nodiscard]] ebm::Samples<T> random_samples(int rows, int columns, std::uint64_t id) {
  const auto values = random_values<T>(static_cast<std::size_t>(rows * columns), id);
  return Eigen::Map<const ebm::Samples<T>>(values.data(), rows, columns);
}
