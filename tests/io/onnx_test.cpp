// SPDX-License-Identifier: MIT
#include <ebm/energy/neural.hpp>
#include <ebm/io/onnx.hpp>
#include <ebm/nn/linear.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace ebm;
using io::OnnxGraph;
using io::OnnxShape;
using io::OnnxValue;
using Network = Sequential<Shape<3>, Linear<4>, Swish, Linear<1>>;

std::vector<std::string> constants_of(const OnnxGraph& graph) {
  std::vector<std::string> names;
  for (const auto& tensor : graph.nodes().tensors()) {
    if (tensor.is_constant && !tensor.name.starts_with("constant")) names.push_back(tensor.name);
  }
  return names;
}

}  // namespace

TEST_CASE("a network that is used twice brings its weights once, another one its own names") {
  const Neural<Network> first(Rng{.seed = 1}), second(Rng{.seed = 2});
  OnnxGraph graph;
  const OnnxValue x = io::onnx_input<Shape<3>>(graph);
  const OnnxValue once = first.symbolic(graph, x);
  CHECK(first.symbolic(graph, x) == once);
  CHECK(constants_of(graph) == std::vector<std::string>{"linear1.weight", "linear1.bias",
                                                        "linear2.weight", "linear2.bias"});
  CHECK(second.symbolic(graph, x) != once);
  CHECK(constants_of(graph).size() == 8);
  CHECK(constants_of(graph)[4] == "linear1.weight_2");
}

TEST_CASE("an ONNX graph has no derivative by what a result does not depend on") {
  OnnxGraph graph;
  const OnnxValue x = graph.input("x", {2}), z = graph.input("z", {2});
  const OnnxValue y = graph.multiply(x, x);
  CHECK(graph.shape(graph.gradient(y, x)) == OnnxShape{io::onnx_batch, 2});
  CHECK_THROWS_AS(graph.gradient(y, z), InvalidArgument);
  CHECK_THROWS_AS(graph.gradient(graph.number(1), x), InvalidArgument);
}

TEST_CASE("tensors of an ONNX graph that don't fit together are refused") {
  OnnxGraph graph;
  const OnnxValue x = graph.input("x", {2}), z = graph.input("z", {3});
  CHECK_THROWS_AS(graph.add(x, z), InvalidArgument);
}

TEST_CASE("an ONNX file that can't be written is an error, and leaves nothing") {
  const TemporaryFolder folder;
  const Neural<Network> energy;
  CHECK_THROWS_AS(io::write_onnx(folder.path() / "no" / "x.onnx", energy), Error);
  CHECK(std::filesystem::is_empty(folder.path()));
  io::write_onnx(folder.path() / "x.onnx", energy);
  const auto bytes = io::read_file(folder.path() / "x.onnx");
  io::write_onnx(folder.path() / "x.onnx", energy);
  CHECK(io::read_file(folder.path() / "x.onnx") == bytes);
}

TEST_CASE("a parameter that is not finite as a float gets into no ONNX file") {
  const TemporaryFolder folder;
  const auto refusal = [&](auto& energy, auto value) {
    energy.change_parameters([&](auto parameters) { parameters[13] = value; });
    return message_of<InvalidArgument>([&] { io::write_onnx(folder / "x.onnx", energy); });
  };
  Neural<Network> energy;
  CHECK(refusal(energy, std::numeric_limits<float>::quiet_NaN()) ==
        "OnnxGraph: number 1 of parameter 'linear1.bias' is nan, expected a finite number of type "
        "float");
  Neural<Network, double> large;
  CHECK(refusal(large, 1e39) ==
        "OnnxGraph: number 1 of parameter 'linear1.bias' is 1e+39, expected a finite number of "
        "type float");
  CHECK(std::filesystem::is_empty(folder.path()));
}
