// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/layer.hpp>
#include <ratio>

/// Layers that give features a mean and a deviation of their own, sample by sample.
namespace ebm::inline EBM_ABI {

namespace detail {

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance over each of
/// some groups of channels, at all positions.
///
/// Affine: which scale and shift an element has, `Affine::index(element)`, their `shape`, and, as
/// tensors, what they are `beside` the input.
template <class In, int Groups, class Affine, class Epsilon>
struct Normalization : LayerDefaults {
  using Output = In;
  static constexpr const char* name = "norm";
  static constexpr std::array parameters{LayerParameter{"weight", Affine::shape, Initial::ones},
                                         LayerParameter{"bias", Affine::shape, Initial::zeros}};
  static constexpr int affine_size = parameters[0].size();
  static constexpr int frozen_size = 2 * affine_size;
  static constexpr int saved_size = 2 * Groups;  // mean and 1 / deviation
  static constexpr bool needs_input = true;

  template <class T>
  static void freeze(const T* values, T* frozen) noexcept {
    std::copy_n(values, frozen_size, frozen);
  }

  template <class Number, class Epilogue>
  static void forward(const Forward<Number>& pass, const Epilogue& epilogue) noexcept {
    using P = PackOf<Number>;
    using T = RealOf<Number>;
    constexpr T epsilon = static_cast<T>(static_cast<double>(Epsilon::num) / Epsilon::den);
    const auto x = kernels::elements_at(pass.x);
    for (int group = 0; group < Groups; ++group) {
      P sum(T(0)), squares(T(0));
      for_each_of(group, [&](int i) { sum += x[i]; });
      const P mean = sum * P(share<T>);
      for_each_of(group, [&](int i) {
        const P difference = x[i] - mean;
        squares = fma(difference, difference, squares);
      });
      const P inverse = P(T(1)) / sqrt(fma(squares, P(share<T>), P(epsilon)));
      store_to(pass.saved + 2 * group * lanes, mean);
      store_to(pass.saved + (2 * group + 1) * lanes, inverse);
      for_each_of(group, [&](int i) {
        const P normal = (x[i] - mean) * inverse;
        epilogue(
            fma(P(pass.frozen[Affine::index(i)]), normal, P(shifts(pass.frozen)[Affine::index(i)])),
            i * lanes);
      });
    }
  }

  /// dx = (g - mean g - n mean(g n)) / deviation with g = scale dy and the normalised input n.
  template <class Number, class Epilogue>
  static void input_gradient(const Backward<Number>& pass, const Epilogue& epilogue) noexcept {
    using P = PackOf<Number>;
    using T = RealOf<Number>;
    const auto dy = kernels::elements_at(pass.dy);
    for (int group = 0; group < Groups; ++group) {
      const Normal<Number> normal(pass, group);
      const auto scaled = [&](int i) { return P(pass.frozen[Affine::index(i)]) * dy[i]; };
      P sum(T(0)), along(T(0));
      for_each_of(group, [&](int i) {
        sum += scaled(i);
        along = fma(scaled(i), normal(i), along);
      });
      const P mean = sum * P(share<T>), mean_along = along * P(share<T>);
      for_each_of(group, [&](int i) {
        epilogue((scaled(i) - mean - normal(i) * mean_along) * normal.inverse, i * lanes);
      });
    }
  }

  template <class Number>
  static void parameter_gradient(const Backward<Number>& pass, RealOf<Number>* gradient) noexcept {
    const auto dy = kernels::elements_at(pass.dy);
    for (int group = 0; group < Groups; ++group) {
      const Normal<Number> normal(pass, group);
      for_each_of(group, [&](int i) {
        gradient[Affine::index(i)] += sum_for_gradient(dy[i] * normal(i));
        gradient[affine_size + Affine::index(i)] += sum_for_gradient(dy[i]);
      });
    }
  }

  template <class Graph, class Value>
  static Value symbolic(Graph& graph, const Value& x, std::span<const Value> values) {
    const auto grouped =
        graph.reshape(x, {graph.samples(x), Groups, channels * In::rows * In::columns});
    const auto centred = graph.subtract(grouped, graph.mean(grouped, {2}));
    const auto variance = graph.mean(graph.multiply(centred, centred), {2});
    const auto epsilon = graph.number(static_cast<double>(Epsilon::num) / Epsilon::den);
    const auto normal = graph.multiply(centred, graph.inverse_root(graph.add(variance, epsilon)));
    const auto scaled =
        graph.multiply(graph.reshape(normal, graph.shape(x)), Affine::beside(graph, values[0], x));
    return graph.add(scaled, Affine::beside(graph, values[1], x));
  }

 private:
  static constexpr int channels = In::channels / Groups;  // of a group
  template <class T>
  static constexpr T share = T(1) / static_cast<T>(channels * In::rows * In::columns);

  template <class T>
  static const T* shifts(const T* frozen) noexcept {
    return frozen + affine_size;
  }

  template <class F>
  EBM_INLINE static void for_each_of(int group, const F& f) {
    for (int position = 0; position < In::rows * In::columns; ++position) {
      const int first = position * In::channels + group * channels;
      for (int i = first; i < first + channels; ++i) f(i);
    }
  }

  /// The normalised input of a group.
  template <class Number>
  struct Normal {
    using P = PackOf<Number>;
    decltype(kernels::elements_at(ConstPointerTo<Number>{})) x;
    P mean, inverse;

    Normal(const Backward<Number>& pass, int group) noexcept
        : x(kernels::elements_at(pass.x)),
          mean(load_from<P>(pass.saved + 2 * group * lanes)),
          inverse(load_from<P>(pass.saved + (2 * group + 1) * lanes)) {}
    EBM_INLINE P operator()(int i) const noexcept { return (x[i] - mean) * inverse; }
  };
};

}  // namespace detail

/// Normalises groups of channels, each over all positions, with a scale and a shift a channel.
///
/// input, output: Shape<channels, rows, columns> or Shape<features>, whose channels are a multiple
/// of `Groups`; epsilon: a `std::ratio`, added to the variance
/// Source: Wu and He, "Group Normalization", 2018, eq. 1 to 3; `torch.nn.GroupNorm`.
template <int Groups, class Epsilon = std::ratio<1, 100000>>
struct GroupNorm {
  static_assert(Groups >= 1, "GroupNorm has at least one group");

  template <class In>
  struct PerChannel {
    static_assert(In::channels % Groups == 0,
                  "GroupNorm splits the channels of its input into equal groups; their number is "
                  "not a multiple of the groups'");
    static constexpr std::array shape{In::channels};
    static constexpr int index(int element) { return element % In::channels; }
    template <class Graph, class Value>
    static Value beside(Graph& graph, const Value& values, const Value& x) {
      return graph.per_channel(values, x);
    }
  };

  template <class In>
  struct Bind : detail::Normalization<In, Groups, PerChannel<In>, Epsilon> {};
};

/// Normalises all features of a sample together, with a scale and a shift an element.
///
/// input, output: any shape; epsilon: a `std::ratio`, added to the variance
/// Source: Ba, Kiros, Hinton, "Layer Normalization", 2016, eq. 3; `torch.nn.LayerNorm` over all
/// dimensions of a sample.
template <class Epsilon = std::ratio<1, 100000>>
struct LayerNorm {
  template <class In>
  struct PerElement {
    static constexpr auto shape = In::extents;
    static constexpr int index(int element) { return In::feature(element); }
    template <class Graph, class Value>
    static Value beside(Graph&, const Value& values, const Value&) {
      return values;
    }
  };

  template <class In>
  struct Bind : detail::Normalization<In, 1, PerElement<In>, Epsilon> {};
};

static_assert(Layer<GroupNorm<4>, Shape<16, 7, 7>> && Layer<LayerNorm<>, Shape<16, 7, 7>>);

}  // namespace ebm::inline EBM_ABI
