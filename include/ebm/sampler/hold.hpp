// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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

/// The held elements of a block of chains of shape S: its conditions, and those of a mask.
template <class T>
class HeldElements {
 public:
  /// Holds nothing.
  HeldElements() = default;

  /// Holds the elements of block `index` where `mask` is true, at their values in `x`.
  ///
  /// mask: [chain][feature], or null: the conditions alone; x: [row][column][channel], finite;
  /// room: where the values are kept
  template <class S>
  HeldElements(S, const ElementMask* mask, const Pack<T>* x, int index,
               AlignedVector<Pack<T>>& room)
      : first_(mask == nullptr ? free_size<S> : 0) {
    room.resize(static_cast<std::size_t>(S::size - first_));
    std::copy_n(x + first_, room.size(), room.begin());
    values_ = room;
    if (mask == nullptr) return;
    T* const values = reinterpret_cast<T*>(room.data());
    for (int lane = 0; lane < lanes; ++lane) {
      const Eigen::Index chain = Eigen::Index{index} * lanes + lane;
      const bool* is_held = chain < mask->rows() ? sample_of(*mask, chain).data() : nullptr;
      S::for_each_feature([&](int element) {
        const bool is_free = is_held == nullptr || !*is_held++;
        if (is_free && element < free_size<S>) {
          values[element * lanes + lane] = std::numeric_limits<T>::infinity();
        }
      });
    }
  }

  /// Puts the held elements of `x` back to where they were.
  EBM_INLINE void restore(Pack<T>* x) const noexcept {
    x += first_;
    for (std::size_t i = 0; i < values_.size(); ++i) x[i] = select(held(i), values_[i], x[i]);
  }

  /// Makes the held elements zero: of a gradient or a velocity along which they must not move.
  EBM_INLINE void clear(Pack<T>* x) const noexcept {
    x += first_;
    for (std::size_t i = 0; i < values_.size(); ++i) x[i] = select(held(i), Pack<T>(T(0)), x[i]);
  }

 private:
  [[nodiscard]] EBM_INLINE auto held(std::size_t i) const noexcept {
    return values_[i] < Pack<T>(std::numeric_limits<T>::infinity());
  }

  // From element `first_` on; infinity where an element is free; none: nothing is held.
  std::span<const Pack<T>> values_;
  int first_ = 0;
};

}  // namespace ebm::inline EBM_ABI
