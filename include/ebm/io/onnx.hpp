// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/shape.hpp>
#include <ebm/io/onnx_encode.hpp>
#include <ebm/io/onnx_graph.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <filesystem>
#include <map>
#include <string>

/// Energies as ONNX files, which other programs run.
namespace ebm::inline EBM_ABI::io {

namespace detail {

template <class S>
struct OnnxShapeOf;
template <int... Extents>
struct OnnxShapeOf<Shape<Extents...>> {
  static OnnxShape extents() { return {Extents...}; }
};

/// What a graph of an energy reads: a sample without its class.
template <class E>
struct SampleOf {
  using type = typename E::Input;
};
template <class E>
  requires requires { typename E::Sample; }
struct SampleOf<E> {
  using type = typename E::Sample;
};

template <class E>
concept SymbolicEnergy = requires(const E& energy, OnnxGraph& graph, OnnxValue x) {
  { energy.symbolic(graph, x) } -> std::same_as<OnnxValue>;
};

}  // namespace detail

/// Options of `write_onnx`.
struct OnnxOptions {
  bool gradient = false;                          ///< with the result "score_gradient"
  std::map<std::string, std::string> metadata{};  ///< free texts about the model
};

/// The input "x" of a graph for samples of shape `S`: [batch][features] or
/// [batch][channel][row][column].
template <class S>
OnnxValue onnx_input(OnnxGraph& graph) {
  return graph.input("x", detail::OnnxShapeOf<S>::extents());
}

/// Writes a graph; replaces `path` as a whole or not at all.
///
/// Throws `Error` if the file can't be written, or its weights take more than the 2 GB that ONNX
/// allows.
inline void write_onnx(const std::filesystem::path& path, const OnnxGraph& graph,
                       const std::map<std::string, std::string>& metadata = {}) {
  const std::string bytes = detail::encode_onnx(graph.nodes(), metadata);
  if (bytes.size() > std::size_t{2147483647}) {
    throw Error(sentence("cannot write ", quoted(path),
                         ": an ONNX file has at most 2 GB, this one ", bytes.size(), " bytes"));
  }
  write_file_atomically(path, bytes);
}

/// Writes an energy as a graph that other programs run: from "x", samples in PyTorch's order, to
/// "score", f(x) = -E(x) of each, and with `.gradient` to "score_gradient", df/dx too.
///
/// x: float [batch][features] or [batch][channel][row][column], a batch of any size; score:
/// [batch]; score_gradient: as x. Numbers are float whatever the energy's are, and sums have the
/// runtime's order: scores agree to 1e-5 of the largest, those of `NoiseConditional` to 1e-4.
///
/// E: `Neural`, `Classifier`, `NoiseConditional`, or what has a `symbolic(graph, x)` that gives
/// E(x), as their layers have.
/// Throws `InvalidArgument` if a parameter is not finite as a float, and `Error` if the file can't
/// be written.
template <class E>
void write_onnx(const std::filesystem::path& path, const E& energy,
                const OnnxOptions& options = {}) {
  static_assert(detail::SymbolicEnergy<E>,
                "write_onnx takes energies that say what they are as operations on tensors, by a "
                "member symbolic(graph, x): those of networks do");
  OnnxGraph graph;
  const OnnxValue x = onnx_input<typename detail::SampleOf<E>::type>(graph);
  const OnnxValue score = graph.negate(energy.symbolic(graph, x));
  graph.output("score", score);
  if (options.gradient) graph.output("score_gradient", graph.gradient(score, x));
  write_onnx(path, graph, options.metadata);
}

}  // namespace ebm::inline EBM_ABI::io
