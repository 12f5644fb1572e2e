// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/core/dual.hpp>
#include <ebm/kernels/activation.hpp>
#include <type_traits>

/// What happens to an accumulator when its sum is complete, fused into the loop that made it.
///
/// Each is called with a vector and its offset in the block, and `at(first)` is the same for the
/// block that begins at element `first` of the arrays. T: float, double, or `WithTangent` of these
namespace ebm::inline EBM_ABI::kernels {

/// Satisfied by epilogues that say that they are a few instructions, which every loop may have in
/// itself; others are compiled once for all loops.
template <class E>
concept LightEpilogue = requires { requires E::is_light; };

/// y = activation(a).
template <class Activation, class T>
struct StoreActivated {
  static constexpr bool is_light = std::is_same_v<Activation, Identity>;
  PointerTo<T> y;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    store_to(y + offset, Activation::value(a));
  }
  [[nodiscard]] EBM_INLINE StoreActivated at(std::ptrdiff_t first) const noexcept {
    return {y + first};
  }
};

/// y = activation(a), slope = activation'(a); the slope waits for the adjoint of y.
template <class Activation, class T>
struct StoreWithSlope {
  PointerTo<T> y;
  PointerTo<T> slope;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    V value, derivative;
    Activation::value_and_slope(a, value, derivative);
    store_to(y + offset, value);
    store_to(slope + offset, derivative);
  }
  [[nodiscard]] EBM_INLINE StoreWithSlope at(std::ptrdiff_t first) const noexcept {
    return {y + first, slope + first};
  }
};

/// slope *= a: the chain rule in place, which turns the stored slope into an adjoint.
template <class T>
struct MultiplyInto {
  static constexpr bool is_light = true;
  PointerTo<T> slope;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    store_to(slope + offset, a * load_from<V>(slope + offset));
  }
  [[nodiscard]] EBM_INLINE MultiplyInto at(std::ptrdiff_t first) const noexcept {
    return {slope + first};
  }
};

/// adjoint += a: for values that others use too.
template <class T>
struct AddInto {
  static constexpr bool is_light = true;
  PointerTo<T> adjoint;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    store_to(adjoint + offset, load_from<V>(adjoint + offset) + a);
  }
  [[nodiscard]] EBM_INLINE AddInto at(std::ptrdiff_t first) const noexcept {
    return {adjoint + first};
  }
};

/// adjoint = 0 + a: what `AddInto` makes of a zero, of whatever sign.
template <class T>
struct AddToZero {
  static constexpr bool is_light = true;
  PointerTo<T> adjoint;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    store_to(adjoint + offset, V(RealOf<T>(0)) + a);
  }
  [[nodiscard]] EBM_INLINE AddToZero at(std::ptrdiff_t first) const noexcept {
    return {adjoint + first};
  }
};

/// Adds `addend` first: where branches of a network meet.
template <class Then, class T>
struct Plus {
  static constexpr bool is_light = LightEpilogue<Then>;
  ConstPointerTo<T> addend;
  Then then;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    then(a + load_from<V>(addend + offset), offset);
  }
  [[nodiscard]] EBM_INLINE Plus at(std::ptrdiff_t first) const noexcept {
    return {addend + first, then.at(first)};
  }
};

/// Adds a number a channel first: biases that are computed for each sample.
///
/// For blocks of a CPU, [row][column][channel][lane]
template <int Channels, class Then, class T>
struct PlusChannels {
  static constexpr bool is_light = LightEpilogue<Then>;
  ConstPointerTo<T> biases;  ///< [channel][lane]
  Then then;

  template <class V>
  EBM_INLINE void operator()(const V& a, int offset) const noexcept {
    const int channel = offset / lanes % Channels;
    then(a + load_from<V>(biases + (channel * lanes + offset % lanes)), offset);
  }
};

}  // namespace ebm::inline EBM_ABI::kernels
