// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/core/aligned.hpp>
#include <ebm/core/block.hpp>

#include "support/catch.hpp"

using namespace ebm;

namespace {

using Image = Shape<2, 3, 4>;

/// A number that tells sample and feature apart.
template <class T>
Samples<T> numbered(Eigen::Index rows) {
  return Samples<T>::NullaryExpr(rows, Image::size, [](Eigen::Index sample, Eigen::Index feature) {
    return static_cast<T>(100 * sample + feature);
  });
}

}  // namespace

TEST_CASE("samples fill blocks of 16, the last one partly") {
  CHECK(block_count(0) == 0);
  CHECK(block_count(1) == 1);
  CHECK(block_count(16) == 1);
  CHECK(block_count(17) == 2);
  CHECK(block_fill(33, 0) == 16);
  CHECK(block_fill(33, 1) == 16);
  CHECK(block_fill(33, 2) == 1);
  CHECK(block_fill(5, 0) == 5);
}

TEMPLATE_TEST_CASE("samples come back from blocks as they were", "", float, double) {
  using T = TestType;
  for (const Eigen::Index rows : {1, 15, 16, 17, 40}) {
    const auto samples = numbered<T>(rows);
    Samples<T> back = Samples<T>::Constant(rows, Image::size, T(-1));
    AlignedVector<Pack<T>> block(Image::size);
    for (int index = 0; index < block_count(rows); ++index) {
      load_block<Image, T>(samples, index, block.data());
      store_block<Image, T>(block.data(), index, back);
    }
    CHECK(back == samples);
  }
}

TEST_CASE(
    "a block is stored by row, column, channel and lane, and its empty lanes repeat the last "
    "sample") {
  const auto samples = numbered<float>(19);
  AlignedVector<Pack<float>> block(Image::size);
  load_block<Image, float>(samples, 1, block.data());
  for (int channel = 0; channel < 2; ++channel) {
    for (int row = 0; row < 3; ++row) {
      for (int column = 0; column < 4; ++column) {
        const auto& element = block[static_cast<std::size_t>((row * 4 + column) * 2 + channel)];
        for (int lane = 0; lane < lanes; ++lane) {
          const int sample = std::min(16 + lane, 18), feature = (channel * 3 + row) * 4 + column;
          CHECK(element.lane(lane) == samples(sample, feature));
        }
      }
    }
  }
}

TEST_CASE("storing a partly filled block touches no other rows") {
  Samples<float> samples = Samples<float>::Constant(20, Image::size, -1);
  const AlignedVector<Pack<float>> block(Image::size, Pack<float>(7));
  store_block<Image, float>(block.data(), 1, samples.topRows(18));
  CHECK((samples.middleRows(16, 2).array() == 7).all());
  CHECK((samples.topRows(16).array() == -1).all());
  CHECK((samples.bottomRows(2).array() == -1).all());
}

TEST_CASE("rows with a stride are read and written where they are") {
  Samples<float> wide = Samples<float>::Constant(18, Image::size + 5, -1);
  wide.leftCols(Image::size) = numbered<float>(18);
  AlignedVector<Pack<float>> block(Image::size);
  load_block<Image, float>(wide.leftCols(Image::size), 1, block.data());
  CHECK(block[0].lane(1) == 1700);
  store_block<Image, float>(block.data(), 0, wide.leftCols(Image::size));
  CHECK(wide.row(1).head(Image::size) == numbered<float>(18).row(17));
  CHECK((wide.rightCols(5).array() == -1).all());
}
