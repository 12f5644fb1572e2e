// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/random/stream.hpp>
#include <ebm/random/uniform.hpp>
#include <ebm/simt/grid.hpp>

/// Samples into lanes and back: batches, and the chains of a replay buffer.
namespace ebm::inline EBM_ABI::simt {

/// Brings samples into lanes; lanes beyond the last sample repeat it, so that they compute
/// something harmless.
template <class T, class S>
struct LoadSamples {
  const T* samples;  ///< [sample][channel, row, column]
  T* lanes;          ///< [group][row][column][channel][lane]
  int count;

  [[nodiscard]] Grid grid() const { return warp_grid(group_count(count), S::size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, S::size);
    if (task.group >= group_count(count)) return;
    const std::int64_t sample = std::min<std::int64_t>(task.sample(), count - 1);
    lanes[task.offset(S::size) + task.piece * warp_lanes] =
        samples[sample * S::size + S::feature(task.piece)];
  }
};

/// Where chains start: samples of a replay buffer, or uniform noise, the same as `ReplayBuffer`'s.
template <class T, class S>
struct DrawChains {
  const T* kept;      ///< [place][channel, row, column]
  const int* places;  ///< [chain]; negative: noise
  T* lanes;           ///< [group][row][column][channel][lane]
  int count;
  PhiloxKey key;
  std::uint64_t draw;
  double low, high;

  [[nodiscard]] Grid grid() const { return warp_grid(group_count(count), S::size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, S::size);
    if (task.group >= group_count(count)) return;
    const int chain = static_cast<int>(std::min<std::int64_t>(task.sample(), count - 1));
    const int feature = S::feature(task.piece);
    lanes[task.offset(S::size) + task.piece * warp_lanes] =
        places[chain] >= 0 ? kept[std::int64_t{places[chain]} * S::size + feature]
                           : noise(chain, feature);
  }

 private:
  /// The word of `Sequence(key, draw, chain)` for this feature.
  [[nodiscard]] EBM_INLINE T noise(int chain, int feature) const noexcept {
    const auto words = Sequence::words(key, draw, static_cast<std::uint32_t>(chain),
                                       static_cast<std::uint32_t>(feature / 4));
    return uniform_between<T>(words[static_cast<std::size_t>(feature % 4)], low, high);
  }
};

/// Brings lanes back into samples.
template <class T, class S>
struct StoreSamples {
  const T* lanes;     ///< [group][row][column][channel][lane]
  T* samples;         ///< [place][channel, row, column]
  const int* places;  ///< of each sample, no two alike; negative: nowhere; null: in order
  int count;

  [[nodiscard]] Grid grid() const { return warp_grid(group_count(count), S::size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, S::size);
    if (task.sample() >= count) return;
    const std::int64_t place = places == nullptr ? task.sample() : places[task.sample()];
    if (place < 0) return;
    samples[place * S::size + S::feature(task.piece)] =
        lanes[task.offset(S::size) + task.piece * warp_lanes];
  }
};

}  // namespace ebm::inline EBM_ABI::simt
