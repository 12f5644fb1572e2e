// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/aligned.hpp>
#include <ebm/core/block.hpp>
#include <limits>
#include <span>

/// Elements of a chain that stay where they are: what is known when the rest is to be found.
namespace ebm::inline EBM_ABI {

/// true for each element of each chain that is meant.
///
/// shape: [chain][feature]
using ElementMask = Eigen::Matrix<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Hold: no element. For sampling; costs nothing.
struct HoldNothing {
  struct Block {
    template <class T>
    EBM_INLINE void restore(Pack<T>*) const noexcept {}
  };

  template <class S, class T>
  [[nodiscard]] Block block(const Pack<T>*, int, AlignedVector<Pack<T>>&) const noexcept {
    return {};
  }
};

/// Hold: the elements where the mask is true. For inpainting, and for conditional distributions.
template <class T>
struct HoldWhere {
  const ElementMask& held;  ///< [chain][feature]

  /// The values of a block's held elements; infinity where an element is free.
  struct Block {
    std::span<const Pack<T>> values;

    EBM_INLINE void restore(Pack<T>* x) const noexcept {
      const Pack<T> infinity(std::numeric_limits<T>::infinity());
      for (std::size_t i = 0; i < values.size(); ++i) {
        x[i] = select(values[i] < infinity, values[i], x[i]);
      }
    }
  };

  /// Notes where the held elements of block `index` are now.
  ///
  /// x: [row][column][channel], finite; room: where the values are kept
  template <class S>
  [[nodiscard]] Block block(const Pack<T>* x, int index, AlignedVector<Pack<T>>& room) const {
    room.assign(S::size, Pack<T>(std::numeric_limits<T>::infinity()));
    const T* from = reinterpret_cast<const T*>(x);
    T* to = reinterpret_cast<T*>(room.data());
    for (int lane = 0; lane < block_fill(held.rows(), index); ++lane) {
      const bool* is_held = sample_of(held, Eigen::Index{index} * lanes + lane).data();
      for (int channel = 0; channel < S::channels; ++channel) {
        for (int row = 0; row < S::rows; ++row) {
          for (int column = 0; column < S::columns; ++column) {
            const int at = S::offset(channel, row, column) * lanes + lane;
            if (*is_held++) to[at] = from[at];
          }
        }
      }
    }
    return {room};
  }
};

}  // namespace ebm::inline EBM_ABI
