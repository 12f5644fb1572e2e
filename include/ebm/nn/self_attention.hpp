// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/expansion.hpp>

namespace ebm::inline EBM_ABI {

namespace detail {

/// Attention of each position to all others, given queries, keys and values, a third of the
/// channels each; a head has an equal share of the channels of each.
///
/// o_i = sum over j of p_ij v_j, with p_i the softmax over j of q_i . k_j / sqrt(channels of a
/// head)
template <int Heads, class In>
struct AttentionOfPositions : LayerDefaults {
  static constexpr int channels = In::channels / 3, of_head = channels / Heads;
  static constexpr int positions = In::rows * In::columns;
  using Output = Shape<channels, In::rows, In::columns>;
  static constexpr std::int64_t multiply_adds = std::int64_t{2} * channels * positions * positions;
  static constexpr int saved_size = Heads * positions * positions;  // p
  static constexpr int scratch_size = positions * positions;
  static constexpr bool needs_input = true;

  template <class Number, class Weight, class Epilogue>
  static void forward(const Forward<Number, Weight>& pass, const Epilogue& epilogue) noexcept {
    using P = PackOf<Number>;
    using T = RealOf<Number>;
    const auto x = kernels::elements_at(pass.x);
    const auto p = kernels::elements_at(ConstPointerTo<Number>(pass.saved));
    for (int head = 0; head < Heads; ++head) {
      for (int i = 0; i < positions; ++i) {
        P largest = score<P>(x, head, i, 0);
        for (int j = 0; j < positions; ++j) {
          const P s = score<P>(x, head, i, j);
          largest = max(largest, s);
          store_to(pass.saved + share(head, i, j) * lanes, s);
        }
        P total(T(0));
        for (int j = 0; j < positions; ++j) {
          const P power = exp(p[share(head, i, j)] - largest);
          total += power;
          store_to(pass.saved + share(head, i, j) * lanes, power);
        }
        const P inverse = P(T(1)) / total;
        for (int j = 0; j < positions; ++j) {
          store_to(pass.saved + share(head, i, j) * lanes, p[share(head, i, j)] * inverse);
        }
        for (int c = 0; c < of_head; ++c) {
          P sum(T(0));
          for (int j = 0; j < positions; ++j) {
            sum = fma(p[share(head, i, j)], x[value(head, j, c)], sum);
          }
          epilogue(sum, output(head, i, c) * lanes);
        }
      }
    }
  }

  /// With d_ij = p_ij (do_i . v_j - sum over k of p_ik do_i . v_k) / sqrt(channels of a head):
  /// dq_i = sum_j d_ij k_j, dk_j = sum_i d_ij q_i, dv_j = sum_i p_ij do_i.
  template <class Number, class Weight, class Epilogue>
  static void input_gradient(const Backward<Number, Weight>& pass,
                             const Epilogue& epilogue) noexcept {
    using P = PackOf<Number>;
    using T = RealOf<Number>;
    const auto x = kernels::elements_at(pass.x);
    const auto dy = kernels::elements_at(pass.dy);
    const auto p = kernels::elements_at(pass.saved);
    const auto d = kernels::elements_at(ConstPointerTo<Number>(pass.scratch));
    for (int head = 0; head < Heads; ++head) {
      for (int i = 0; i < positions; ++i) {
        P along(T(0));
        for (int j = 0; j < positions; ++j) {
          P sum(T(0));
          for (int c = 0; c < of_head; ++c) {
            sum = fma(dy[output(head, i, c)], x[value(head, j, c)], sum);
          }
          along = fma(p[share(head, i, j)], sum, along);
          store_to(pass.scratch + (i * positions + j) * lanes, sum);
        }
        for (int j = 0; j < positions; ++j) {
          const int at = i * positions + j;
          store_to(pass.scratch + at * lanes,
                   p[share(head, i, j)] * (d[at] - along) * P(scale<T>()));
        }
      }
      for (int i = 0; i < positions; ++i) {
        for (int c = 0; c < of_head; ++c) {
          P dq(T(0)), dk(T(0)), dv(T(0));
          for (int j = 0; j < positions; ++j) {
            dq = fma(d[i * positions + j], x[key(head, j, c)], dq);
            dk = fma(d[j * positions + i], x[query(head, j, c)], dk);
            dv = fma(p[share(head, j, i)], dy[output(head, j, c)], dv);
          }
          epilogue(dq, query(head, i, c) * lanes);
          epilogue(dk, key(head, i, c) * lanes);
          epilogue(dv, value(head, i, c) * lanes);
        }
      }
    }
  }

  template <class Graph, class Value>
  static Value symbolic(Graph& graph, const Value& x, std::span<const Value>) {
    const auto samples = graph.samples(x);
    const auto part = [&](int which) {  // [sample][head][channel of it][position]
      return graph.reshape(graph.slice(x, which * channels, channels),
                           {samples, Heads, of_head, positions});
    };
    const auto products = graph.matrix_product(graph.transpose_matrices(part(0)), part(1));
    const auto p = graph.softmax(graph.multiply(products, graph.number(scale<double>())), 3);
    const auto sums = graph.matrix_product(part(2), graph.transpose_matrices(p));
    return graph.reshape(sums, {samples, channels, In::rows, In::columns});
  }

 private:
  // Elements of the input, the output and p.
  static constexpr int query(int head, int position, int c) {
    return position * In::channels + head * of_head + c;
  }
  static constexpr int key(int head, int position, int c) {
    return query(head, position, c) + channels;
  }
  static constexpr int value(int head, int position, int c) {
    return query(head, position, c) + 2 * channels;
  }
  static constexpr int output(int head, int position, int c) {
    return position * channels + head * of_head + c;
  }
  static constexpr int share(int head, int i, int j) {
    return (head * positions + i) * positions + j;
  }

  template <class T>
  static T scale() noexcept {
    return T(1) / std::sqrt(static_cast<T>(of_head));
  }

  template <class P, class X>
  EBM_INLINE static P score(const X& x, int head, int i, int j) noexcept {
    using T = typename P::value_type;
    P sum(T(0));
    for (int c = 0; c < of_head; ++c) {
      sum = fma(x[query(head, i, c)], x[key(head, j, c)], sum);
    }
    return sum * P(scale<T>());
  }
};

}  // namespace detail

/// Attention of the positions of an image to each other, with `Heads` heads: queries, keys and
/// values are 1 x 1 convolutions of the input, and so is the output of the heads.
///
/// Put it into a `Residual` to add what it finds. Parameters are named attention1.conv1.weight
/// (queries, keys, values, one below the other) and attention1.conv2.weight, ...
/// input, output: Shape<channels, rows, columns>, channels a multiple of `Heads`
/// Source: Vaswani et al., "Attention Is All You Need", 2017, eq. 1 and section 3.2.2;
/// `torch.nn.MultiheadAttention` with positions as the sequence.
template <int Heads>
struct SelfAttention {
  static_assert(Heads >= 1, "SelfAttention has at least one head");
  using IsComposite = void;

  template <class In, class Condition>
  struct Expand {
    static_assert(!In::is_flat,
                  "SelfAttention expects images, Shape<channels, rows, columns>; got a flat shape: "
                  "SelfAttention can't come after Flatten or Linear");
    static_assert(In::channels % Heads == 0,
                  "SelfAttention gives each head an equal share of the channels; their number is "
                  "not a multiple of the heads'");
    using Parts = detail::Expansion<Conv2d<3 * In::channels, Kernel<1>>, In, Condition>;
    using Core = detail::AttentionOfPositions<Heads, typename Parts::Output>;
    using Joined = detail::Expansion<Conv2d<In::channels, Kernel<1>>, In, Condition>;
    using Output = In;
    using Bounds =
        decltype(typename Parts::Bounds{} + detail::TypeList<Core>{} + typename Joined::Bounds{});
    static constexpr auto nodes = detail::in_scope(
        "attention", true,
        detail::chained(Parts::nodes, detail::Nodes<1>(detail::layer_node<Core>({0, detail::none})),
                        Joined::nodes));
  };
};

}  // namespace ebm::inline EBM_ABI
