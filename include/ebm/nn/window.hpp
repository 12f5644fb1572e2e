// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
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

/// As an option of a convolution or linear layer: it adds no bias, and has none among its
/// parameters. For layers before a normalisation, which takes a bias away again.
struct NoBias {};

/// A window that slides over an image, as numbers: [row, column] each.
struct SlidingWindow {
  std::array<int, 2> kernel;
  std::array<int, 2> stride{1, 1};
  std::array<int, 2> padding{0, 0};

  [[nodiscard]] constexpr int size() const { return kernel[0] * kernel[1]; }
  /// Places along axis `i` of an image of that extent, and the extent for so many places.
  template <class Integer>
  [[nodiscard]] constexpr Integer positions(std::size_t i, Integer extent) const {
    return (extent + 2 * padding[i] - kernel[i]) / stride[i] + 1;
  }
  template <class Integer>
  [[nodiscard]] constexpr Integer extent(std::size_t i, Integer positions) const {
    return (positions - 1) * stride[i] - 2 * padding[i] + kernel[i];
  }
  /// What the last place leaves of the image.
  template <class Integer>
  [[nodiscard]] constexpr Integer rest(std::size_t i, Integer extent) const {
    return (extent + 2 * padding[i] - kernel[i]) % stride[i];
  }
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

/// How a kernel slides: what a layer is given after its kernel, in any order.
template <class KernelSize, class... Options>
struct Sliding {
  static_assert(
      is_a<Kernel, KernelSize>,
      "expected Kernel<rows, columns> in this place, then a Stride, a Padding and NoBias, "
      "if there are any");
  static_assert(
      ((is_a<Stride, Options> || is_a<Padding, Options> || std::same_as<NoBias, Options>) && ...) &&
          (0 + ... + int{is_a<Stride, Options>}) <= 1 &&
          (0 + ... + int{is_a<Padding, Options>}) <= 1,
      "expected a Stride, a Padding and NoBias, each once at most, after the Kernel");
  using StrideSize = typename FirstOfKind<Stride, Stride<1>, Options...>::type;
  using PaddingSize = typename FirstOfKind<Padding, Padding<0>, Options...>::type;
  static constexpr bool has_bias = !(std::same_as<NoBias, Options> || ...);
  static constexpr SlidingWindow window{.kernel = {KernelSize::rows, KernelSize::columns},
                                        .stride = {StrideSize::rows, StrideSize::columns},
                                        .padding = {PaddingSize::rows, PaddingSize::columns}};
};

}  // namespace detail

}  // namespace ebm::inline EBM_ABI
