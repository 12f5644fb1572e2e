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

namespace detail {

template <template <int, int> class Kind, class T>
inline constexpr bool is_a = false;
template <template <int, int> class Kind, int Rows, int Columns>
inline constexpr bool is_a<Kind, Kind<Rows, Columns>> = true;

/// The first of some types that is `Kind<rows, columns>`, or a default.
template <template <int, int> class Kind, class Default, class... Options>
struct FirstOfKind {
  using type = Default;
};
template <template <int, int> class Kind, class Default, class First, class... Rest>
  requires is_a<Kind, First>
struct FirstOfKind<Kind, Default, First, Rest...> {
  using type = First;
};
template <template <int, int> class Kind, class Default, class First, class... Rest>
struct FirstOfKind<Kind, Default, First, Rest...> : FirstOfKind<Kind, Default, Rest...> {};

/// How a kernel slides: what a layer is given behind its kernel, in any order.
template <class KernelSize, class... Options>
struct Sliding {
  static_assert(is_a<Kernel, KernelSize>,
                "expected Kernel<rows, columns> in this place, then a Stride and a Padding, if "
                "there are any");
  static_assert(((is_a<Stride, Options> || is_a<Padding, Options>) && ...) &&
                    (0 + ... + int{is_a<Stride, Options>}) <= 1 &&
                    (0 + ... + int{is_a<Padding, Options>}) <= 1,
                "expected a Stride and a Padding, each once at most, behind the Kernel");
  using StrideSize = typename FirstOfKind<Stride, Stride<1>, Options...>::type;
  using PaddingSize = typename FirstOfKind<Padding, Padding<0>, Options...>::type;
};

}  // namespace detail

}  // namespace ebm::inline EBM_ABI
