// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>

/// What slides over an image: the words that describe convolutions and pooling.
namespace ebm::inline EBM_ABI {

/// Rows and columns of a kernel.
template <int Rows, int Columns = Rows>
struct Kernel {
  static_assert(Rows >= 1 && Columns >= 1, "a Kernel has at least one row and one column");
  static constexpr int rows = Rows, columns = Columns;
};

/// Distance between the inputs of neighbouring outputs.
template <int Rows, int Columns = Rows>
struct Stride {
  static_assert(Rows >= 1 && Columns >= 1, "a Stride is at least 1");
  static constexpr int rows = Rows, columns = Columns;
};

/// Zeros assumed around the input on each side.
template <int Rows, int Columns = Rows>
struct Padding {
  static_assert(Rows >= 0 && Columns >= 0, "a Padding is at least 0");
  static constexpr int rows = Rows, columns = Columns;
};

}  // namespace ebm::inline EBM_ABI
