// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <ebm/core/shape.hpp>
#include <ebm/kernels/activation.hpp>

/// What a layer is.
namespace ebm::inline EBM_ABI {

/// Satisfied by types that describe a layer without its input shape, such as `Linear<64>`.
///
/// `L::Bind<In>` binds it to one and is an empty type with
///
///     using Output = Shape<...>;
///     static constexpr const char* name;             // "conv": parameters are conv1.weight, ...
///     static constexpr int weight_count, bias_count, fan_in;
///     static constexpr std::array weight_shape;      // PyTorch's
///     static constexpr std::int64_t multiply_adds;   // of one sample forward, with the padding's
///     static constexpr int frozen_size;              // elements that `freeze` writes
///     static constexpr int scratch_size;             // elements that `parameter_gradient` needs
///     static void freeze(parameters, frozen);
///     static void forward(x, frozen, epilogue);
///     static void input_gradient(dy, frozen, epilogue);
///     static void parameter_gradient(x, dy, gradient, scratch);  // adds to gradient
///     static void finish_gradient(parameters, frozen, gradient);
///
/// All pointers are to elements, aligned; x and dy are blocks. `epilogue(vector, offset)` receives
/// every element of the output (or of the input gradient) exactly once. `parameter_gradient` is
/// called for each block, `finish_gradient` once for the sum of all: there a layer whose weight is
/// computed from its parameters goes from the one's gradient to the other's.
template <class L, class In>
concept Layer = requires {
  typename L::template Bind<In>::Output;
  { L::template Bind<In>::name } -> std::convertible_to<const char*>;
  { L::template Bind<In>::weight_count } -> std::convertible_to<int>;
  { L::template Bind<In>::bias_count } -> std::convertible_to<int>;
  { L::template Bind<In>::multiply_adds } -> std::convertible_to<std::int64_t>;
  { L::template Bind<In>::frozen_size } -> std::convertible_to<int>;
  { L::template Bind<In>::scratch_size } -> std::convertible_to<int>;
};

/// The part of a bound layer that has no parameters.
struct NoParameters {
  static constexpr const char* name = "";
  static constexpr int weight_count = 0, bias_count = 0, fan_in = 0;
  static constexpr std::array<int, 0> weight_shape{};
  static constexpr std::int64_t multiply_adds = 0;
  static constexpr int frozen_size = 0, scratch_size = 0;

  template <class T>
  static void freeze(const T*, T*) noexcept {}
  template <class T>
  static void parameter_gradient(const T*, const T*, T*, T*) noexcept {}
  template <class T>
  static void finish_gradient(const T*, const T*, T*) noexcept {}
};

}  // namespace ebm::inline EBM_ABI
