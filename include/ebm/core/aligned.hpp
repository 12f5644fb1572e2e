// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/core/abi.hpp>
#include <new>
#include <vector>

/// Memory aligned to cache lines, which is also the widest SIMD register.
namespace ebm::inline EBM_ABI {

/// Bytes of a cache line.
inline constexpr std::size_t cache_line = 64;

/// A standard allocator that aligns to `Pack`'s needs.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{alignof(T) > cache_line ? alignof(T) : cache_line};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), alignment));
  }
  void deallocate(T* pointer, std::size_t) noexcept { ::operator delete(pointer, alignment); }

  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }
};

/// A vector whose elements begin at a cache line.
template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace ebm::inline EBM_ABI
