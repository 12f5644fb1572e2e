// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <ebm/autodiff/arena.hpp>
#include <ebm/core/pack.hpp>
#include <span>
#include <vector>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

using ebm::Arena;

namespace {

std::uintptr_t misalignment(const void* pointer, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(pointer) % alignment;
}

}  // namespace

TEST_CASE("an arena knows what it has handed out, over any number of chunks") {
  Arena arena;
  CHECK(arena.used() == 0);
  for (int i = 0; i < 3; ++i) (void)arena.allocate<char>(1 << 20);
  CHECK(arena.used() == 3 << 20);
  arena.clear();
  CHECK(arena.used() == 0);
}

TEST_CASE("an arena aligns everything to a cache line, and packs to their own alignment") {
  struct alignas(256) Wide {
    std::byte bytes[256];
  };
  Arena arena;
  for (int round = 0; round < 100; ++round) {
    CHECK(misalignment(arena.allocate<char>(1), ebm::cache_line) == 0);
    CHECK(misalignment(arena.allocate<double>(3), ebm::cache_line) == 0);
    using Doubles = ebm::Pack<double>;
    CHECK(misalignment(arena.allocate<Doubles>(1), alignof(Doubles)) == 0);
    CHECK(misalignment(arena.allocate<Wide>(1), alignof(Wide)) == 0);
  }
}

TEST_CASE("pieces of an arena never overlap, however many and large") {
  Arena arena;
  std::vector<std::span<int>> pieces;
  for (int piece = 0; piece < 500; ++piece) {
    const auto count = static_cast<std::size_t>(piece % 7 == 0 ? 40000 : piece);
    pieces.emplace_back(arena.allocate<int>(count), count);
    std::ranges::fill(pieces.back(), piece);
  }
  for (int piece = 0; piece < 500; ++piece) {
    const auto& span = pieces[static_cast<std::size_t>(piece)];
    CHECK(std::ranges::count(span, piece) == std::ssize(span));
  }
}

TEST_CASE("clear keeps an arena's memory and makes it one piece") {
  Arena arena;
  CHECK(arena.capacity() == 0);
  const auto fill = [&] {
    for (int piece = 0; piece < 10; ++piece) {
      std::ranges::fill(std::span(arena.allocate<int>(50000), 50000), piece);
    }
  };
  fill();
  const std::size_t capacity = arena.capacity();
  CHECK(capacity >= 10 * 50000 * sizeof(int));
  arena.clear();
  CHECK(arena.capacity() == capacity);

  const std::size_t before = allocation_count();
  fill();
  arena.clear();
  fill();
  CHECK(allocation_count() == before);
  CHECK(arena.capacity() == capacity);
}
