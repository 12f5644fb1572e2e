// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/aligned.hpp>
#include <ebm/core/block.hpp>
#include <limits>
#include <span>

/// Elements of chains that stay where they are: what is known when the rest is to be found.
namespace ebm::inline EBM_ABI {

/// true for each element of each chain that is meant.
///
/// shape: [chain][feature]
using ElementMask = Eigen::Matrix<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The held elements of a block of chains, if there are any.
template <class T>
class HeldElements {
 public:
  /// Holds nothing.
  HeldElements() = default;

  /// Holds the elements of block `index` where `mask` is true, at their values in `x`.
  ///
  /// mask: [chain][feature]; x: [row][column][channel], finite; room: where the values are kept
  template <class S>
  HeldElements(S, const ElementMask& mask, const Pack<T>* x, int index,
               AlignedVector<Pack<T>>& room) {
    room.assign(S::size, Pack<T>(std::numeric_limits<T>::infinity()));
    const T* from = reinterpret_cast<const T*>(x);
    T* to = reinterpret_cast<T*>(room.data());
    for (int lane = 0; lane < block_fill(mask.rows(), index); ++lane) {
      const bool* is_held = sample_of(mask, Eigen::Index{index} * lanes + lane).data();
      for_each_feature<S>([&](int element) {
        const int at = element * lanes + lane;
        if (*is_held++) to[at] = from[at];
      });
    }
    values_ = room;
  }

  /// Puts the held elements of `x` back to where they were.
  EBM_INLINE void restore(Pack<T>* x) const noexcept {
    for (std::size_t i = 0; i < values_.size(); ++i) x[i] = select(held(i), values_[i], x[i]);
  }

  /// Makes the held elements zero: of a gradient or a velocity along which they must not move.
  EBM_INLINE void clear(Pack<T>* x) const noexcept {
    for (std::size_t i = 0; i < values_.size(); ++i) x[i] = select(held(i), Pack<T>(T(0)), x[i]);
  }

 private:
  [[nodiscard]] EBM_INLINE auto held(std::size_t i) const noexcept {
    return values_[i] < Pack<T>(std::numeric_limits<T>::infinity());
  }

  std::span<const Pack<T>> values_;  // infinity where an element is free; none: nothing is held
};

}  // namespace ebm::inline EBM_ABI
