// SPDX-License-Identifier: MIT
#include <ebm/nn/graph.hpp>

#include "support/catch.hpp"

using namespace ebm::detail;
using ebm::Wrt;

namespace {

using Kind = Node::Kind;

constexpr Node layer(int input, int size = 4) {
  return {Kind::layer, {input, none}, size};
}
constexpr Node activation(int input, int size = 4) {
  return {Kind::activation, {input, none}, size};
}
constexpr Node sum(int computed, int skipped, int size = 4) {
  return {Kind::sum, {computed, skipped}, size};
}

template <std::size_t N>
constexpr std::array<int, 2> fused_inputs(const Fused<N>& fused, int stage) {
  return fused.stages[static_cast<std::size_t>(stage)].inputs;
}

}  // namespace

TEST_CASE("an activation joins the layer before it, a second one is a stage of its own") {
  constexpr auto fused = fuse(std::array{layer(0), activation(1), activation(2), layer(3)});
  STATIC_REQUIRE(fused.count == 3);
  STATIC_REQUIRE(fused.stages[0].layer == 0);
  STATIC_REQUIRE(fused.stages[0].activation == 1);
  STATIC_REQUIRE(fused.stages[1].layer == 2);
  STATIC_REQUIRE(fused.stages[1].activation == 2);
  STATIC_REQUIRE(fused_inputs(fused, 2) == std::array{2, none});
}

TEST_CASE("an activation of the network's input, or of a value that others read, joins nothing") {
  constexpr auto first = fuse(std::array{activation(0), layer(1)});
  STATIC_REQUIRE(first.count == 2);
  // Both the activation and a layer read value 1.
  constexpr auto shared = fuse(std::array{layer(0), activation(1), layer(1), sum(3, 2)});
  STATIC_REQUIRE(shared.count == 3);
  STATIC_REQUIRE(shared.stages[0].is_linear());
  STATIC_REQUIRE(shared.stages[1].activation == 1);
}

TEST_CASE("a sum joins the layers, and an activation after it the sum") {
  // y = activation(x + F(x)) with F of two layers.
  constexpr auto fused =
      fuse(std::array{layer(0), activation(1), layer(2), sum(3, 0), activation(4)});
  STATIC_REQUIRE(fused.count == 2);
  STATIC_REQUIRE(fused.stages[1].layer == 2);
  STATIC_REQUIRE(fused.stages[1].added == 0);
  STATIC_REQUIRE(fused.stages[1].activation == 4);
}

TEST_CASE("a sum of what ends in an activation is a stage of its own") {
  constexpr auto fused = fuse(std::array{layer(0), activation(1), sum(2, 0)});
  STATIC_REQUIRE(fused.count == 2);
  STATIC_REQUIRE(fused.stages[1].layer == 2);
  STATIC_REQUIRE(fused.stages[1].added == 0);
  STATIC_REQUIRE(fused_inputs(fused, 1) == std::array{1, none});
}

TEST_CASE("reads are counted by stage and input, and who adds a value is known") {
  // Stage 0 computes value 1, stage 1 reads it, stage 2 reads it as its second input.
  constexpr auto fused =
      fuse(std::array{layer(0), layer(1), Node{Kind::layer, {2, 1}, 8}, sum(3, 1, 8)});
  constexpr Graph<std::size_t{fused.count}> graph(fused);
  STATIC_REQUIRE(graph.count == 3);
  STATIC_REQUIRE(graph.first_read(0) == 0);
  STATIC_REQUIRE(graph.first_read(1) == 2 * 1);
  STATIC_REQUIRE(graph.last_read(1) == 2 * 2 + 1);
  STATIC_REQUIRE(graph.last_read(3) == none);
  STATIC_REQUIRE(graph.last_adder(1) == 2);
  STATIC_REQUIRE(graph.next_adder(1, 0) == 2);
  STATIC_REQUIRE(graph.next_adder(2, 0) == graph.count);
  STATIC_REQUIRE_FALSE(graph.is_only_added(1));
}

TEST_CASE("the end of a shortcut is only added, and shares the adjoint of the sum") {
  constexpr auto fused = fuse(std::array{layer(0), layer(0), sum(2, 1)});
  constexpr Graph<std::size_t{fused.count}> graph(fused);
  STATIC_REQUIRE(graph.count == 2);
  STATIC_REQUIRE(graph.is_only_added(1));
  STATIC_REQUIRE(graph.adjoint_holder(0) == 1);
  STATIC_REQUIRE(graph.adjoint_holder(1) == 1);
}

TEST_CASE("what the input does not reach has no adjoint, unless parameters want one") {
  // Stage 0 reads the condition, stage 1 the input and stage 0.
  constexpr auto fused =
      fuse(std::array{Node{Kind::layer, {condition_input, none}, 4}, Node{Kind::layer, {0, 1}, 4}});
  constexpr Graph<std::size_t{fused.count}> graph(fused);
  STATIC_REQUIRE(graph.at(0).inputs[0] == graph.condition);
  STATIC_REQUIRE_FALSE(graph.has_adjoint(0, Wrt::inputs));
  STATIC_REQUIRE(graph.has_adjoint(0, Wrt::parameters));
  STATIC_REQUIRE(graph.has_adjoint(1, Wrt::inputs));
  STATIC_REQUIRE_FALSE(graph.has_adjoint(1, Wrt::nothing));
}

TEST_CASE(
    "a buffer is used again when nobody reads it, but not what a layer needs on the way back") {
  constexpr auto chain = fuse(std::array{layer(0, 8), layer(1, 4), layer(2, 6), layer(3, 1)});
  constexpr auto plan = Graph<4>(chain).plan(true);
  STATIC_REQUIRE(plan.buffers == 2);
  STATIC_REQUIRE(plan.buffer_of[2] == plan.buffer_of[0]);
  STATIC_REQUIRE(plan.sizes[0] == 8);
  STATIC_REQUIRE(plan.sizes[1] == 4);

  constexpr auto needing = fuse(
      std::array{layer(0, 8), Node{Kind::layer, {1, none}, 4, true}, layer(2, 6), layer(3, 1)});
  STATIC_REQUIRE(Graph<4>(needing).plan(true).buffers == 3);
  STATIC_REQUIRE(Graph<4>(needing).plan(false).buffers == 2);
}

TEST_CASE("parts one after the other keep their values and the names of their blocks") {
  NodesBuilder<2, 1> builder;
  const int computed = builder.add(layer(0));
  const auto block = in_scope("block", true, builder.give(builder.add(sum(computed, 0))));
  const auto all = chained(Nodes<1>(layer(0)), block, block);
  REQUIRE(all.nodes.size() == 5);
  CHECK(all.output == 5);
  CHECK(all.nodes[1].inputs == std::array{1, none});
  CHECK(all.nodes[2].inputs == std::array{2, 1});
  CHECK(all.nodes[4].inputs == std::array{4, 3});
  REQUIRE(all.scopes.size() == 3);
  CHECK(all.nodes[0].scope == 0);
  CHECK(all.nodes[2].scope == 1);
  CHECK(all.nodes[4].scope == 2);
  CHECK(all.scopes[1].parent == 0);
  CHECK(all.scopes[2].parent == 0);

  const auto nested = in_scope("outer", false, block);
  CHECK(nested.scopes[2].parent == 1);
  CHECK(nested.nodes[0].scope == 2);
}
