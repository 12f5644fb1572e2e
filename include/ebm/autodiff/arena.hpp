// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/core/aligned.hpp>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

/// Memory that is handed out piece by piece and taken back all at once.
namespace ebm::inline EBM_ABI {

/// A growing stack of bytes; `clear` keeps the memory, so a second round allocates nothing.
class Arena {
 public:
  /// Uninitialised room for `count` objects, aligned to a cache line (or more, if `T` needs it).
  ///
  /// Throws `std::bad_alloc`.
  template <class T>
  [[nodiscard]] T* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena calls no destructors");
    constexpr std::size_t alignment = alignof(T) > cache_line ? alignof(T) : cache_line;
    static_assert(alignment <= chunk_alignment);
    std::size_t begin = (used_ + alignment - 1) / alignment * alignment;
    const std::size_t bytes = count * sizeof(T);
    if (chunks_.empty() || begin + bytes > chunks_.back().size) {
      grow(bytes);
      begin = 0;
    }
    used_ = begin + bytes;
    return reinterpret_cast<T*>(chunks_.back().data.get() + begin);
  }

  /// Takes everything back. If the last round needed several chunks, they become one.
  void clear() {
    if (chunks_.size() > 1) {
      std::size_t total = 0;
      for (const Chunk& chunk : chunks_) total += chunk.size;
      chunks_.clear();
      chunks_.emplace_back(total);
    }
    used_ = in_full_chunks_ = 0;
  }

  /// Bytes handed out since `clear`, with what alignment took.
  [[nodiscard]] std::size_t used() const noexcept { return in_full_chunks_ + used_; }

  /// Bytes held, used or not.
  [[nodiscard]] std::size_t capacity() const noexcept {
    std::size_t total = 0;
    for (const Chunk& chunk : chunks_) total += chunk.size;
    return total;
  }

 private:
  static constexpr std::size_t chunk_alignment = 256;
  static constexpr std::size_t smallest_chunk = std::size_t{64} << 10;

  struct Free {
    void operator()(std::byte* data) const noexcept {
      ::operator delete(data, std::align_val_t{chunk_alignment});
    }
  };
  struct Chunk {
    explicit Chunk(std::size_t bytes)
        : data(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{chunk_alignment}))),
          size(bytes) {}
    std::unique_ptr<std::byte, Free> data;
    std::size_t size;
  };

  void grow(std::size_t bytes) {
    in_full_chunks_ += used_;
    const std::size_t last = chunks_.empty() ? smallest_chunk : chunks_.back().size;
    chunks_.emplace_back(bytes > 2 * last ? bytes : 2 * last);
  }

  std::vector<Chunk> chunks_;
  std::size_t in_full_chunks_ = 0;  // bytes used of all chunks but the last
  std::size_t used_ = 0;            // of the last
};

}  // namespace ebm::inline EBM_ABI
