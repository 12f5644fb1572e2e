// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/nn/expansion.hpp>
#include <type_traits>

/// In which numbers a network is computed.
namespace ebm::inline EBM_ABI {

/// Satisfied by types that say in which numbers a network is computed.
///
/// - `value_type`, float or double: of parameters, their gradients and everything on tapes.
/// - `weight_type`: of frozen weights.
/// - `As<Bound>`: the `BoundLayer` that computes the layer `Bound` so, with its shapes and
///   parameters: `Bound` itself where nothing differs. Its `freeze` writes, and its passes read,
///   weights of `weight_type` in a layout of its own.
template <class P>
concept Precision = std::floating_point<typename P::value_type> &&
                    std::is_trivially_copyable_v<typename P::weight_type> &&
                    BoundLayer<typename P::template As<detail::PassThrough::Bind<Shape<1>>>>;

/// Precision: everything in float.
struct Single {
  using value_type = float;
  using weight_type = float;
  template <class Bound>
  using As = Bound;
};

/// Precision: everything in double.
struct Double {
  using value_type = double;
  using weight_type = double;
  template <class Bound>
  using As = Bound;
};

static_assert(Precision<Single> && Precision<Double>);

/// The precision that is meant by `T`: its own name, or the type of its numbers.
template <class T>
struct PrecisionNamed {
  static_assert(Precision<T>, "expected float, double or a Precision");
  using type = T;
};
/// `Single` is meant by float.
template <>
struct PrecisionNamed<float> {
  using type = Single;
};
/// `Double` is meant by double.
template <>
struct PrecisionNamed<double> {
  using type = Double;
};
/// The precision that is meant by `T`; see `PrecisionNamed`.
template <class T>
using PrecisionOf = typename PrecisionNamed<T>::type;

namespace detail {

/// Where the frozen weights of a network are, on this machine or another one, and which layers read
/// them.
template <class Layout, class P, class Weight = const typename P::weight_type>
class FrozenWeights {
 public:
  static constexpr int stages = Layout::stages;

  template <int I>
  using LayerAt = typename P::template As<typename Layout::template LayerAt<I>>;

  /// weights: [size]
  constexpr explicit FrozenWeights(Weight* weights) noexcept : weights_(weights) {}
  FrozenWeights() = default;

  /// Those of stage `I`.
  template <int I>
  [[nodiscard]] constexpr Weight* at() const noexcept {
    return weights_ + offsets[I];
  }

 private:
  static constexpr auto offsets = []<int... I>(std::integer_sequence<int, I...>) {
    return sums_before<stages>({LayerAt<I>::frozen_size..., 0});
  }(std::make_integer_sequence<int, stages>{});

 public:
  static constexpr int size = offsets[stages];

 private:
  Weight* weights_ = nullptr;
};

}  // namespace detail

}  // namespace ebm::inline EBM_ABI
