// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/aligned.hpp>
#include <ebm/core/pack.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/core/shape.hpp>

/// A block: 16 samples side by side, one a lane, stored as [row][column][channel][lane].
namespace ebm::inline EBM_ABI {

/// Blocks that hold `count` samples; the last one may be partly filled.
constexpr int block_count(Eigen::Index count) {
  return static_cast<int>((count + lanes - 1) / lanes);
}

/// Samples in block `index` of `count` samples.
constexpr int block_fill(Eigen::Index count, int index) {
  return static_cast<int>(std::min<Eigen::Index>(lanes, count - Eigen::Index{index} * lanes));
}

/// Copies 16 rows of `samples` from row 16 * `index` on into a block.
///
/// Lanes beyond the last row repeat it, so that they compute something harmless.
/// samples: [sample][channel, row, column]; block: [row][column][channel]
template <class S, class T>
void load_block(const ConstSamplesRef<T>& samples, int index, Pack<T>* block) {
  const Eigen::Index first = Eigen::Index{index} * lanes;
  const T* row_of[lanes];
  for (int lane = 0; lane < lanes; ++lane) {
    row_of[lane] = sample_of(samples, std::min(first + lane, samples.rows() - 1)).data();
  }
  T* const to = reinterpret_cast<T*>(block);
  int feature = 0;
  S::for_each_feature([&](int element) {
    for (int lane = 0; lane < lanes; ++lane) to[element * lanes + lane] = row_of[lane][feature];
    ++feature;
  });
}

/// Copies the filled lanes of a block into rows of `samples` from row 16 * `index` on.
///
/// block: [row][column][channel]; samples: [sample][channel, row, column]
template <class S, class T>
void store_block(const Pack<T>* block, int index, SamplesRef<T> samples) {
  const Eigen::Index first = Eigen::Index{index} * lanes;
  const int fill = block_fill(samples.rows(), index);
  const T* from = reinterpret_cast<const T*>(block);
  for (int lane = 0; lane < fill; ++lane) {
    T* to = sample_of(samples, first + lane).data();
    S::for_each_feature([&](int element) { *to++ = from[element * lanes + lane]; });
  }
}

}  // namespace ebm::inline EBM_ABI
