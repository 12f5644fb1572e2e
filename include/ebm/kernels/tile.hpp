// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/register.hpp>
#include <type_traits>

/// How many accumulators a kernel keeps in registers, chosen by one cost rule.
namespace ebm::inline EBM_ABI::kernels {

/// The vector unit that a kernel is compiled for.
struct Machine {
  static constexpr int registers = simd::register_count;
  static constexpr int fma_per_cycle = 2;
  static constexpr int loads_per_cycle = 2;
  static constexpr int fma_latency = 5;  ///< 4 cycles, and one of slack for the scheduler
};

/// A register tile: `rows` vectors loaded from memory times `columns` broadcast scalars.
struct Tile {
  int rows;
  int columns;
};

/// Splits `count` into equal parts of at most `most`, sizes differing by at most one.
struct Split {
  int count;
  int parts;

  constexpr Split(int count_, int most) : count(count_), parts((count_ + most - 1) / most) {}
  [[nodiscard]] constexpr int first(int part) const {
    return part * (count / parts) + std::min(part, count % parts);
  }
  [[nodiscard]] constexpr int size(int part) const { return first(part + 1) - first(part); }
  /// How many parts have the size of the first; the others are smaller by one.
  [[nodiscard]] constexpr int wide_parts() const {
    return count % parts == 0 ? parts : count % parts;
  }
  /// The part that holds element `index` in [0, count).
  [[nodiscard]] constexpr int part_of(int index) const {
    const int beyond = index - first(wide_parts());
    return beyond < 0 ? index / size(0) : wide_parts() + beyond / size(parts - 1);
  }
};

/// Calls f(size) with the compile-time size of part `part`: parts come in two sizes, the wide
/// first.
template <Split S, class F>
EBM_INLINE void with_part_size(int part, const F& f) {
  constexpr int wide = S.wide_parts();
  if constexpr (wide < S.parts) {
    if (part >= wide) return f(std::integral_constant<int, S.size(S.parts - 1)>{});
  }
  f(std::integral_constant<int, S.size(0)>{});
}

/// A tile needs a register for each accumulator, for the shorter of its two operands, and for one
/// element of the other.
constexpr int tile_registers(int rows, int columns) {
  return rows * columns + std::min(rows, columns) + 1;
}

/// Eighths of the cycles of one multiply-add for each accumulator of a tile.
///
/// That is the slowest of arithmetic, latency (an accumulator waits for its own last result) and
/// loads, and for each load an eighth more, which nothing hides: its share of those that miss the
/// first-level cache. So of tiles that are equally fast, the one that reads less is chosen. Where
/// no register is to spare, clang spills.
constexpr int tile_cost(int rows, int columns) {
  const int loads = rows + columns;
  const int spills = tile_registers(rows, columns) == Machine::registers ? 4 : 0;
  return std::max({8 * rows * columns / Machine::fma_per_cycle, 8 * Machine::fma_latency,
                   8 * loads / Machine::loads_per_cycle}) +
         loads + spills;
}

/// The tile that covers `rows` x `columns` accumulators in the least time.
constexpr Tile best_tile(int rows, int columns) {
  Tile best{1, 1};
  long best_cost = -1;
  for (int r = 1; r <= std::min(rows, Machine::registers); ++r) {
    for (int c = 1; c <= std::min(columns, Machine::registers); ++c) {
      if (tile_registers(r, c) > Machine::registers) continue;
      const Split down(rows, r), across(columns, c);
      // Parts come in two sizes: the first, and the last.
      const auto cost_of_row = [&](int height) {
        const int narrow = across.size(across.parts - 1);
        return long{across.wide_parts()} * tile_cost(height, across.size(0)) +
               long{across.parts - across.wide_parts()} * tile_cost(height, narrow);
      };
      const long cost = down.wide_parts() * cost_of_row(down.size(0)) +
                        (down.parts - down.wide_parts()) * cost_of_row(down.size(down.parts - 1));
      if (best_cost < 0 || cost < best_cost) {
        best = {r, c};
        best_cost = cost;
      }
    }
  }
  return best;
}

}  // namespace ebm::inline EBM_ABI::kernels
