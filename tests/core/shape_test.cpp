// SPDX-License-Identifier: MIT
#include <ebm/core/shape.hpp>

#include "support/catch.hpp"

using ebm::Shape;
using ebm::to_string;

TEST_CASE("a shape knows its extents in PyTorch's order") {
  using Image = Shape<3, 5, 7>;
  STATIC_REQUIRE(Image::size == 105);
  STATIC_REQUIRE((Image::channels == 3 && Image::rows == 5 && Image::columns == 7));
  STATIC_REQUIRE_FALSE(Image::is_flat);
  CHECK(to_string(Image{}) == "Shape<3, 5, 7>");
}

TEST_CASE("a flat shape is one pixel of many channels") {
  using Flat = Shape<64>;
  STATIC_REQUIRE((Flat::channels == 64 && Flat::rows == 1 && Flat::columns == 1));
  STATIC_REQUIRE(Flat::is_flat);
  STATIC_REQUIRE(Flat::offset(17, 0, 0) == 17);
  CHECK(to_string(Flat{}) == "Shape<64>");
  STATIC_REQUIRE(ebm::Scalar::size == 1);
}

TEST_CASE("a block's elements follow each other by row, column and channel") {
  using Image = Shape<3, 4, 5>;
  int next = 0;
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 5; ++column) {
      for (int channel = 0; channel < 3; ++channel) {
        CHECK(Image::offset(channel, row, column) == next++);
      }
    }
  }
  CHECK(next == Image::size);
}
