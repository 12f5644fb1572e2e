// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <ebm/autodiff/tape.hpp>

/// A network as plain data: who computes what from what, which computations are one, and which
/// buffers may be used again.
namespace ebm::inline EBM_ABI::detail {

inline constexpr int none = -1;
/// As the input of a node: the condition of the network, which all parts of it may read.
inline constexpr int condition_input = -2;

/// One computation of a network, before fusion; value 0 is the input, value i + 1 node i's output.
struct Node {
  enum class Kind { layer, activation, sum, bias };
  Kind kind;
  std::array<int, 2> inputs;  ///< values; what is added, by a sum or a bias, is the second
  int size;                   ///< elements of the output
  bool needs_input = false;   ///< also on the way back
  int scope = 0;              ///< place among the names of blocks
};

/// A block of layers, as its parameters' names tell of it: "residual1.".
struct Scope {
  const char* name;
  bool is_numbered;
  int parent;  ///< place of the block around it; none: the network
};

/// Nodes in the order of their computation, and the blocks that they stand in. The first scope is
/// where all of this stands.
template <std::size_t N, std::size_t M = 1>
struct Nodes {
  std::array<Node, N> nodes{};
  std::array<Scope, M> scopes{Scope{"", false, none}};
  int output = 0;  ///< the value that is the result

  constexpr Nodes() = default;
  /// One node.
  constexpr explicit Nodes(const Node& only) : nodes{only}, output(1) {}
};

/// Puts parts together into `N` nodes in `M` scopes.
template <std::size_t N, std::size_t M>
class NodesBuilder {
 public:
  /// Appends `part`, which reads `input`, a value of the whole; returns the value that it gives.
  template <std::size_t K, std::size_t L>
  constexpr int add(const Nodes<K, L>& part, int input) {
    const auto value_of = [&](int value) {
      return value < 0 ? value : value == 0 ? input : value + nodes_;
    };
    // Where the part stands is where the whole does.
    const auto scope_of = [&](int scope) { return scope <= 0 ? scope : scope + scopes_ - 1; };
    const int output = value_of(part.output);
    for (std::size_t i = 0; i < K; ++i) {
      Node node = part.nodes[i];
      for (int& value : node.inputs) value = value_of(value);
      node.scope = scope_of(node.scope);
      all_.nodes[static_cast<std::size_t>(nodes_) + i] = node;
    }
    for (std::size_t i = 1; i < L; ++i) {
      Scope scope = part.scopes[i];
      scope.parent = scope_of(scope.parent);
      all_.scopes[static_cast<std::size_t>(scopes_) + i - 1] = scope;
    }
    nodes_ += static_cast<int>(K);
    scopes_ += static_cast<int>(L) - 1;
    return output;
  }

  /// Appends one node, which reads values of the whole; returns the value that it gives.
  constexpr int add(const Node& node) {
    all_.nodes[static_cast<std::size_t>(nodes_)] = node;
    return ++nodes_;
  }

  /// The whole, whose result is the value `output`.
  [[nodiscard]] constexpr Nodes<N, M> give(int output) {
    all_.output = output;
    return all_;
  }

 private:
  Nodes<N, M> all_{};
  int nodes_ = 0, scopes_ = 1;
};

/// Parts one after the other.
template <std::size_t... N, std::size_t... M>
constexpr auto chained(const Nodes<N, M>&... parts) {
  NodesBuilder<(N + ... + 0), (M + ... + 1) - sizeof...(M)> builder;
  int value = 0;
  ((value = builder.add(parts, value)), ...);
  return builder.give(value);
}

/// All of `inner` in a block of that name.
template <std::size_t N, std::size_t M>
constexpr auto in_scope(const char* name, bool is_numbered, const Nodes<N, M>& inner) {
  Nodes<N, M + 1> outer;
  outer.nodes = inner.nodes;
  outer.output = inner.output;
  for (Node& node : outer.nodes) ++node.scope;
  outer.scopes[1] = {name, is_numbered, 0};
  for (std::size_t i = 1; i < M; ++i) {
    outer.scopes[i + 1] = inner.scopes[i];
    ++outer.scopes[i + 1].parent;
  }
  return outer;
}

/// y = activation(layer(inputs) + bias + added), all in the layer's epilogue.
///
/// Value 0 is the network's input, value i + 1 the output of stage i; after those, the condition.
struct Stage {
  int layer;                  ///< the node whose layer computes
  std::array<int, 2> inputs;  ///< values that the layer reads
  int bias = none;            ///< value, a number a channel, that is added; nobody else reads it
  int bias_node = none;       ///< the node that says so
  int added = none;           ///< value
  int activation = none;      ///< node
  int size = 0;               ///< elements of the output
  bool needs_input = false;

  [[nodiscard]] constexpr bool is_linear() const { return activation == none; }
};

/// The first `count` stages.
template <std::size_t N>
struct Fused {
  std::array<Stage, N> stages{};
  int count = 0;
};

/// Joins biases, sums and activations to the layer before them, where nobody else reads its output.
/// What the condition alone decides comes first, so that it is there wherever it is added.
template <std::size_t N>
constexpr Fused<N> fuse(const std::array<Node, N>& nodes) {
  // By value before fusion.
  std::array<int, N + 1> readers{}, stage_value{};
  std::array<bool, N + 1> depends{true};  // on the network's input
  for (std::size_t i = 0; i < N; ++i) {
    for (const int value : nodes[i].inputs) {
      if (value < 0) continue;
      ++readers[static_cast<std::size_t>(value)];
      depends[i + 1] |= depends[static_cast<std::size_t>(value)];
    }
  }
  Fused<N> fused;
  const auto add = [&](std::size_t i) {
    const Node& node = nodes[i];
    const auto read = [&](int value) {
      return value < 0 ? value : stage_value[static_cast<std::size_t>(value)];
    };
    const int input = read(node.inputs[0]), place = static_cast<int>(i);
    Stage* before = nullptr;
    if (input > 0 && readers[static_cast<std::size_t>(node.inputs[0])] == 1) {
      before = &fused.stages[static_cast<std::size_t>(input - 1)];
    }
    if (node.kind == Node::Kind::activation && before != nullptr && before->is_linear()) {
      before->activation = place;
      stage_value[i + 1] = input;
      return;
    }
    if (node.kind == Node::Kind::bias && before != nullptr && before->is_linear() &&
        before->added == none && before->bias == none) {
      before->bias = read(node.inputs[1]);
      before->bias_node = place;
      stage_value[i + 1] = input;
      return;
    }
    if (node.kind == Node::Kind::sum && before != nullptr && before->is_linear() &&
        before->added == none) {
      before->added = read(node.inputs[1]);
      stage_value[i + 1] = input;
      return;
    }
    Stage stage{.layer = place,
                .inputs = {input, none},
                .size = node.size,
                .needs_input = node.needs_input};
    switch (node.kind) {
      case Node::Kind::layer:
        stage.inputs[1] = read(node.inputs[1]);
        break;
      case Node::Kind::activation:
        stage.activation = place;
        break;
      case Node::Kind::sum:
        stage.added = read(node.inputs[1]);
        break;
      case Node::Kind::bias:
        stage.bias = read(node.inputs[1]);
        stage.bias_node = place;
        break;
    }
    fused.stages[static_cast<std::size_t>(fused.count++)] = stage;
    stage_value[i + 1] = fused.count;
  };
  for (std::size_t i = 0; i < N; ++i) {
    if (!depends[i + 1]) add(i);
  }
  for (std::size_t i = 0; i < N; ++i) {
    if (depends[i + 1]) add(i);
  }
  for (Stage& stage : fused.stages) {
    for (int& value : stage.inputs) {
      if (value == condition_input) value = fused.count + 1;
    }
  }
  return fused;
}

/// Buffers for the outputs of all stages but the last, where none of them is kept.
template <std::size_t N>
struct BufferPlan {
  std::array<int, N> buffer_of{};  ///< by stage
  std::array<int, N> sizes{};      ///< in packs, by buffer
  int buffers = 0;
};

/// The stages of a network, in the order of the forward pass.
///
/// Who reads a value is looked up in tables, which one pass makes: a compiler counts the steps. A
/// read is numbered 2 * stage + input.
template <std::size_t N>
class Graph {
 public:
  static constexpr int count = static_cast<int>(N);
  static constexpr int condition = count + 1;  ///< its value

  template <std::size_t Room>
  constexpr explicit Graph(const Fused<Room>& fused) {
    std::copy_n(fused.stages.begin(), N, stages_.begin());
    first_read_.fill(2 * count);
    last_read_.fill(none);
    last_adder_.fill(none);
    last_bias_use_.fill(none);
    depends_[0] = true;
    for (int stage = 0; stage < count; ++stage) {
      for (int input = 0; input < 2; ++input) {
        const int value = at(stage).inputs[static_cast<std::size_t>(input)];
        if (value == none) continue;
        const auto place = static_cast<std::size_t>(value);
        const int read = 2 * stage + input;
        first_read_[place] = std::min(first_read_[place], read);
        last_read_[place] = read;
        if (depends_[place]) depends_[static_cast<std::size_t>(stage) + 1] = true;
        if (at(stage).needs_input) is_needed_[place] = true;
      }
      if (at(stage).bias >= 0) {
        last_bias_use_[static_cast<std::size_t>(at(stage).bias)] = stage;
        depends_[static_cast<std::size_t>(stage) + 1] |=
            depends_[static_cast<std::size_t>(at(stage).bias)];
      }
      if (at(stage).added >= 0) {
        last_adder_[static_cast<std::size_t>(at(stage).added)] = stage;
        depends_[static_cast<std::size_t>(stage) + 1] |=
            depends_[static_cast<std::size_t>(at(stage).added)];
      }
    }
  }

  [[nodiscard]] constexpr const Stage& at(int stage) const {
    return stages_[static_cast<std::size_t>(stage)];
  }

  /// The first and the last read of `value` by a layer; none: 2 * `count` and -1.
  [[nodiscard]] constexpr int first_read(int value) const {
    return first_read_[static_cast<std::size_t>(value)];
  }
  [[nodiscard]] constexpr int last_read(int value) const {
    return last_read_[static_cast<std::size_t>(value)];
  }
  /// The last stage that adds `value`; none: -1.
  [[nodiscard]] constexpr int last_adder(int value) const {
    return last_adder_[static_cast<std::size_t>(value)];
  }
  /// The first stage from `stage` on that adds `value`; none: `count`.
  [[nodiscard]] constexpr int next_adder(int value, int stage) const {
    if (last_adder(value) < stage) return count;
    stage = std::max(stage, value);  // a value comes before those that add it
    while (at(stage).added != value) ++stage;
    return stage;
  }

  /// `value` is added and read by no layer: the end of a shortcut.
  [[nodiscard]] constexpr bool is_only_added(int value) const {
    return last_adder(value) >= 0 && last_read(value) < 0;
  }

  /// Whether a layer reads `value` also on the way back.
  [[nodiscard]] constexpr bool is_needed(int value) const {
    return is_needed_[static_cast<std::size_t>(value)];
  }

  /// Whether a stage has an adjoint: its output depends on what is differentiated by.
  [[nodiscard]] constexpr bool has_adjoint(int stage, Wrt wrt) const {
    return wants_parameters(wrt) ||
           (wrt != Wrt::nothing && depends_[static_cast<std::size_t>(stage) + 1]);
  }

  /// The stage that holds the adjoint of what `stage` gives before its activation.
  ///
  /// Both sides of a sum have its adjoint: where that is all, they share one buffer.
  [[nodiscard]] constexpr int adjoint_holder(int stage) const {
    while (at(stage).is_linear() && is_only_added(stage + 1)) stage = last_adder(stage + 1);
    return stage;
  }

  /// Whether the adjoint of a stage's output is summed beside the slope that waits for it.
  [[nodiscard]] constexpr bool needs_sum(int stage) const {
    return !at(stage).is_linear() && first_read(stage + 1) < last_read(stage + 1);
  }

  /// Gives each output the first buffer that nobody reads any more.
  ///
  /// A sum may take the place of what it adds, element by element, but not of what its layer reads
  /// or of its biases.
  /// Where there is a way back, what a layer needs there keeps its buffer.
  [[nodiscard]] constexpr BufferPlan<N> plan(bool has_way_back) const {
    BufferPlan<N> plan;
    std::array<int, N> holds{};  // the value in each buffer
    for (int stage = 0; stage < count - 1; ++stage) {
      const auto is_free = [&](int value) {
        if (has_way_back && is_needed(value)) return false;
        const int last_layer = last_read(value) < 0 ? none : last_read(value) / 2;
        const int last_reader =
            std::max(last_layer, last_bias_use_[static_cast<std::size_t>(value)]);
        const int last_use = std::max(last_reader, last_adder(value));
        return last_use < stage || (last_use == stage && last_reader != stage);
      };
      std::size_t buffer = 0;
      while (buffer < static_cast<std::size_t>(plan.buffers) && !is_free(holds[buffer])) ++buffer;
      plan.buffers = std::max(plan.buffers, static_cast<int>(buffer) + 1);
      holds[buffer] = stage + 1;
      plan.buffer_of[static_cast<std::size_t>(stage)] = static_cast<int>(buffer);
      plan.sizes[buffer] = std::max(plan.sizes[buffer], at(stage).size);
    }
    return plan;
  }

 private:
  std::array<Stage, N> stages_{};
  // By value.
  std::array<int, N + 2> first_read_{}, last_read_{}, last_adder_{}, last_bias_use_{};
  std::array<bool, N + 2> depends_{}, is_needed_{};
};

}  // namespace ebm::inline EBM_ABI::detail
