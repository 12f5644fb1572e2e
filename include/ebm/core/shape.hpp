// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <ebm/core/abi.hpp>
#include <string>

/// Compile-time shapes of one sample.
namespace ebm::inline EBM_ABI {

/// The extents of one sample in PyTorch's order: `Shape<features>` or `Shape<channels, rows,
/// cols>`.
template <int... Extents>
struct Shape {
  static_assert(sizeof...(Extents) == 1 || sizeof...(Extents) == 3,
                "a Shape has one extent (features) or three (channels, rows, columns)");
  static_assert(((Extents > 0) && ...), "every extent of a Shape is at least 1");

  static constexpr int rank = sizeof...(Extents);
  static constexpr std::array<int, std::size_t{rank}> extents{Extents...};
  static constexpr bool is_flat = rank == 1;
  /// Elements of one sample.
  static constexpr int size = (Extents * ...);

  // A flat shape is one pixel of many channels: linear layers are convolutions of it.
  static constexpr int channels = extents[0];
  static constexpr int rows = is_flat ? 1 : extents[rank - 2 + is_flat];
  static constexpr int columns = is_flat ? 1 : extents[rank - 1];

  /// Position of an element in a block: [row][column][channel].
  static constexpr int offset(int channel, int row, int column) {
    return (row * columns + column) * channels + channel;
  }
  /// PyTorch's index, [channel][row][column], of the element at this position, and the way back.
  static constexpr int feature(int element) {
    return element % channels * (rows * columns) + element / channels;
  }
  static constexpr int element(int feature) {
    return feature % (rows * columns) * channels + feature / (rows * columns);
  }
  /// Calls `f(element)` for every element in the order of the features.
  template <class F>
  static constexpr void for_each_feature(const F& f) {
    for (int channel = 0; channel < channels; ++channel) {
      for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) f(offset(channel, row, column));
      }
    }
  }

  /// Elements, the last ones, that are a condition: chains and noise leave them as they are.
  static constexpr int condition_size = 0;
};

/// A sample and its condition in one, such as an image and its class: the elements of the sample,
/// then those of the condition.
template <class SampleShape, class ConditionShape>
struct Conditioned {
  static_assert(
      ConditionShape::is_flat,
      "the condition of Conditioned is flat, Shape<features>, such as one number a class");
  using Sample = SampleShape;
  using Condition = ConditionShape;
  static constexpr int condition_size = Condition::size;
  static constexpr int size = Sample::size + Condition::size;

  template <class F>
  static constexpr void for_each_feature(const F& f) {
    Sample::for_each_feature(f);
    for (int i = Sample::size; i < size; ++i) f(i);
  }
};

/// Elements of a sample without its condition, which samplers and noise leave as it is.
template <class S>
inline constexpr int free_size = S::size - S::condition_size;

/// An energy or a score: one number a sample.
using Scalar = Shape<1>;

/// "Shape<1, 28, 28>"
template <int... Extents>
std::string to_string(Shape<Extents...>) {
  std::string text;
  ((text += (text.empty() ? "" : ", ") + std::to_string(Extents)), ...);
  return "Shape<" + text + ">";
}

}  // namespace ebm::inline EBM_ABI
