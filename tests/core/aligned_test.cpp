// SPDX-License-Identifier: MIT
#include <cstdint>
#include <ebm/core/aligned.hpp>
#include <ebm/core/pack.hpp>

#include "support/catch.hpp"

using namespace ebm;

namespace {

template <class T>
std::uintptr_t misalignment(const AlignedVector<T>& values, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(values.data()) % alignment;
}

}  // namespace

TEST_CASE("aligned vectors start at a cache line, packs at their own alignment") {
  for (std::size_t count = 1; count < 100; ++count) {
    CHECK(misalignment(AlignedVector<float>(count), cache_line) == 0);
    CHECK(misalignment(AlignedVector<char>(count), cache_line) == 0);
    CHECK(misalignment(AlignedVector<Pack<double>>(count), alignof(Pack<double>)) == 0);
  }
}

TEST_CASE("aligned vectors grow, copy and compare as vectors do") {
  AlignedVector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(i));
  const auto copy = values;
  values.clear();
  values.shrink_to_fit();
  CHECK(copy.size() == 1000);
  CHECK(copy[999] == 999);
  CHECK(AlignedAllocator<float>() == AlignedAllocator<double>());
}
