// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <ebm/core/dual.hpp>
#include <ebm/core/shape.hpp>
#include <ebm/kernels/activation.hpp>
#include <ebm/kernels/lanes.hpp>
#include <ebm/nn/parameters.hpp>
#include <initializer_list>
#include <span>

/// What a layer is.
namespace ebm::inline EBM_ABI {

/// One of the parameters of a layer.
struct LayerParameter {
  const char* name = "";         ///< PyTorch's, such as "weight"
  std::array<int, 4> extents{};  ///< PyTorch's, such as {out, in, rows, columns}
  int rank = 0;                  ///< extents in use
  int fan_in = 0;                ///< inputs of one output, for initialisations
  Initial initial = Initial::uniform;

  constexpr LayerParameter(const char* its_name, std::initializer_list<int> its_extents,
                           int its_fan_in)
      : name(its_name), fan_in(its_fan_in) {
    for (const int extent : its_extents) extents[static_cast<std::size_t>(rank++)] = extent;
  }
  /// One that starts as a number.
  template <std::size_t Rank>
  constexpr LayerParameter(const char* its_name, const std::array<int, Rank>& its_extents,
                           Initial its_initial)
      : name(its_name), rank(static_cast<int>(Rank)), fan_in(1), initial(its_initial) {
    for (std::size_t i = 0; i < Rank; ++i) extents[i] = its_extents[i];
  }

  [[nodiscard]] constexpr std::span<const int> shape() const {
    return std::span(extents).first(static_cast<std::size_t>(rank));
  }
  [[nodiscard]] constexpr int size() const {
    int product = 1;
    for (const int extent : shape()) product *= extent;
    return product;
  }
};

/// What the forward pass of a layer works on.
///
/// Number: float, double, or `WithTangent` of these; Weight: a precision's `weight_type`
template <class Number, class Weight = RealOf<Number>>
struct Forward {
  ConstPointerTo<Number> x;      ///< the input, [row][column][channel][lane]
  ConstPointerTo<Number> other;  ///< the second input of layers with two
  const Weight* frozen;          ///< what `freeze` has written
  PointerTo<Number> saved;       ///< room for what the backward pass needs, [element][lane]
};

/// What the backward passes of a layer work on.
template <class Number, class Weight = RealOf<Number>>
struct Backward {
  ConstPointerTo<Number> dy;  ///< the adjoint of the output
  ConstPointerTo<Number> x;   ///< the input, where the layer `needs_input`
  ConstPointerTo<Number> other;
  const Weight* frozen;
  ConstPointerTo<Number> saved;
  PointerTo<Number> scratch;  ///< [element][lane]
};

/// What a bound layer has unless it says otherwise: it keeps nothing and has no parameters.
struct LayerDefaults {
  static constexpr const char* name = "";
  static constexpr std::array<LayerParameter, 0> parameters{};
  static constexpr int inputs = 1;
  static constexpr std::int64_t multiply_adds = 0;
  static constexpr int frozen_size = 0, saved_size = 0, scratch_size = 0;
  static constexpr bool needs_input = false, is_affine = false;

  template <class T>
  static void freeze(const T*, T*) noexcept {}
  template <class T>
  static void finish_gradient(const T*, const T*, T*) noexcept {}
};

/// Elements of all parameters of a bound layer.
template <class Bound>
inline constexpr int layer_parameters = [] {
  int count = 0;
  for (const LayerParameter& parameter : Bound::parameters) count += parameter.size();
  return count;
}();

namespace detail {
/// The parameters of a layer that may have a bias.
template <bool HasBias>
constexpr auto weight_and_bias(const LayerParameter& weight, const LayerParameter& bias) {
  if constexpr (HasBias) {
    return std::array{weight, bias};
  } else {
    return std::array{weight};
  }
}

struct AnyEpilogue {
  template <class V>
  EBM_INLINE void operator()(const V&, int) const noexcept {}
};

template <class Bound>
concept HasInputGradients = (Bound::inputs == 1 && requires(const Backward<float>& backward) {
                              Bound::input_gradient(backward, AnyEpilogue{});
                            }) || (Bound::inputs == 2 && requires(const Backward<float>& backward) {
                              Bound::template input_gradient<0>(backward, AnyEpilogue{});
                              Bound::template input_gradient<1>(backward, AnyEpilogue{});
                            });

template <class Bound>
concept HasParameterGradient =
    Bound::parameters.empty() || requires(const Backward<float>& backward, float* gradient) {
      Bound::parameter_gradient(backward, gradient);
    };

template <class Bound>
concept HasTangent =
    !Bound::is_affine ||
    requires(const Forward<float>& forward, const Backward<float>& backward, float* gradient) {
      Bound::tangent(forward, AnyEpilogue{});
      Bound::weight_gradient(backward, gradient);
    };
}  // namespace detail

/// Satisfied by layers that are bound to their input's shape: empty types, with what
/// `LayerDefaults` lacks or says otherwise.
///
/// - `Output` is a Shape; `name` ("conv") and a number make the names of its `parameters`.
/// - `multiply_adds`: of one sample forward, with the padding's.
/// - `freeze(parameters, frozen)` packs parameters as the passes read them, `frozen_size` elements.
/// - `forward(Forward, epilogue)`: `epilogue(vector, offset)` receives every element of the output
///   exactly once, at `offset` of its block.
/// - `input_gradient(Backward, epilogue)`: likewise each element of the input's adjoint; of layers
///   with two `inputs`, `input_gradient<k>` that of input k.
/// - `parameter_gradient(Backward, gradient)` adds a block's gradient, if there are parameters.
/// - `finish_gradient(parameters, frozen, gradient)` is called once for the sum over all blocks:
///   there a layer whose weight is computed from its parameters goes from the one's gradient to the
///   other's.
/// - `symbolic(graph, x, parameters)`, if the layer is to be written to other programs' files: the
///   same on whole tensors, in the words of `io::OnnxGraph`; of two inputs both stand for x.
/// - `saved_size`: elements that forward keeps for backward; `scratch_size`: elements of room that
///   backward passes need; `needs_input`: whether they read the input.
///
/// The passes are templates over the type of numbers. With `WithTangent<T>` they are differentiated
/// once more, with `WithTangent<WithTangent<T>>` twice, by dual numbers: layers that compute with
/// `kernels::elements_at` get that for nothing. A layer whose kernels take real numbers alone says
/// `is_affine`, for y = W x + b; it never sees a dual number, but has `tangent(Forward, epilogue)`,
/// which is forward without b, and `weight_gradient(Backward, gradient)`, which is
/// `parameter_gradient` without that of b.
template <class Bound>
concept BoundLayer =
    requires(const Forward<float>& forward, const float* from, float* to) {
      typename Bound::Output;
      { Bound::name } -> std::convertible_to<const char*>;
      { Bound::parameters.size() } -> std::convertible_to<std::size_t>;
      { Bound::multiply_adds } -> std::convertible_to<std::int64_t>;
      { Bound::frozen_size + Bound::saved_size + Bound::scratch_size } -> std::convertible_to<int>;
      { Bound::needs_input&& Bound::is_affine } -> std::convertible_to<bool>;
      Bound::freeze(from, to);
      Bound::forward(forward, detail::AnyEpilogue{});
      Bound::finish_gradient(from, from, to);
    } && detail::HasInputGradients<Bound> && detail::HasParameterGradient<Bound> &&
    detail::HasTangent<Bound>;

/// Satisfied by types that describe a layer without its input's shape, such as `Linear<64>`:
/// `L::Bind<In>` binds it to one.
template <class L, class In>
concept Layer = BoundLayer<typename L::template Bind<In>>;

}  // namespace ebm::inline EBM_ABI
