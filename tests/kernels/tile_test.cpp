// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/kernels/tile.hpp>

#include "support/catch.hpp"

using namespace ebm::kernels;

TEST_CASE("a split covers everything in order with parts that differ by at most one") {
  for (int count = 1; count <= 70; ++count) {
    for (int most = 1; most <= 20; ++most) {
      CAPTURE(count, most);
      const Split split(count, most);
      int next = 0, smallest = count, largest = 0;
      for (int part = 0; part < split.parts; ++part) {
        CHECK(split.first(part) == next);
        next += split.size(part);
        smallest = std::min(smallest, split.size(part));
        largest = std::max(largest, split.size(part));
        CHECK(split.part_of(split.first(part)) == part);
        CHECK(split.part_of(next - 1) == part);
        if (part > 0) CHECK(split.size(part) <= split.size(part - 1));
      }
      CHECK(next == count);
      CHECK(largest <= most);
      CHECK(largest - smallest <= 1);
      CHECK((split.parts - 1) * most < count);  // no fewer parts would do
    }
  }
}

TEST_CASE("the best tile stays within the registers and within what there is to cover") {
  for (int rows = 1; rows <= 40; ++rows) {
    for (int columns = 1; columns <= 40; ++columns) {
      CAPTURE(rows, columns);
      const Tile tile = best_tile(rows, columns);
      CHECK((tile.rows >= 1 && tile.rows <= rows));
      CHECK((tile.columns >= 1 && tile.columns <= columns));
      CHECK(tile_registers(tile.rows, tile.columns) <= Machine::registers);
    }
  }
}

TEST_CASE("a large enough problem gets enough accumulators to hide the latency of a multiply-add") {
  constexpr int needed = Machine::fma_latency * Machine::fma_per_cycle;
  for (int rows = 4; rows <= 32; ++rows) {
    for (int columns = 16; columns <= 64; ++columns) {
      CAPTURE(rows, columns);
      const Tile tile = best_tile(rows, columns);
      CHECK(tile.rows * tile.columns >= needed);
    }
  }
}

TEST_CASE("of tiles that keep the multiplier busy, the one with the fewer loads is the best") {
  // A wide output on few positions: more channels at once read the positions less often.
  const Tile tile = best_tile(8, 32);
  const auto loads = [](const Tile& t) {
    return double(t.rows + t.columns) / (t.rows * t.columns);
  };
  for (int rows = 1; rows <= 8; ++rows) {
    for (int columns = 1; columns <= 32; ++columns) {
      const bool fits = tile_registers(rows, columns) <= Machine::registers;
      const bool divides = 8 % rows == 0 && 32 % columns == 0;
      if (fits && divides) CHECK(loads(tile) <= 1.1 * loads({rows, columns}));
    }
  }
}
