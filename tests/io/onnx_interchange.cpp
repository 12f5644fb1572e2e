// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>
#include <ebm/io/onnx.hpp>
#include <ebm/io/safetensors.hpp>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

/// Our half of the exchange of models with ONNX's own tools: `FOLDER`.
///
/// Writes networks of all layers and activations as NAME.onnx, and as NAME.safetensors samples,
/// their scores and the scores' gradients, which run_onnx_with_python.py compares with.
namespace {

using namespace ebm;

/// An activation of a user's own, by its formula alone: a -> a / (1 + |a|).
struct Softsign {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return kernels::value_without_slope<Softsign>(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    const V one(typename V::value_type(1)), inverse = one / (one + abs(a));
    value = a * inverse;
    slope = inverse * inverse;
  }
};

using Activations = Sequential<Shape<12>, Linear<16>, Swish, Linear<16>, Relu, Linear<16>,
                               LeakyRelu<>, Linear<16>, Softplus, Linear<16>, Elu, Linear<16>, Gelu,
                               Linear<16>, Tanh, Linear<16>, Mish, Linear<16>, Softsign, Linear<1>>;

// Strides and padding that leave rows over, and pooling whose windows overlap.
using Residuals =
    Sequential<Shape<2, 11, 9>, Conv2d<8, Kernel<3, 5>, Stride<2>, Padding<2>>, Swish,
               Residual<Conv2d<8, Kernel<3>, Padding<1>>, Swish, Conv2d<8, Kernel<3>, Padding<1>>>,
               Swish,
               Residual<Shortcut<AveragePool<Kernel<2>>, Conv2d<12, Kernel<1>>>,
                        Conv2d<12, Kernel<4>, Stride<2>, Padding<1>>>,
               MaxPool<Kernel<2>, Stride<1>>, Softmax, GlobalAveragePool, Linear<1>>;

using Normalizations =
    Sequential<Shape<4, 5, 5>, Conv2d<8, Kernel<3>>, GroupNorm<2>, Swish, LayerNorm<>,
               Conv2d<8, Kernel<2>>, RmsNorm<>, Tanh, SelfAttention<2>, Residual<SelfAttention<4>>,
               Flatten, GroupNorm<4>, LayerNorm<>, Linear<6>, Softmax, Linear<1>>;

using UNet = Sequential<
    Shape<3, 8, 8>, SpectralNorm<Conv2d<6, Kernel<3>, Padding<1>>>, Swish,
    Concat<Conv2d<8, Kernel<3>, Stride<2>, Padding<1>, NoBias>, Swish, Upsample<2>>,
    Concat<MaxPool<Kernel<2>>, ConvTranspose2d<5, Kernel<4>, Stride<2>, Padding<1>>, Swish>,
    ConvTranspose2d<2, Kernel<2, 3>, Padding<0, 1>, NoBias>, Flatten,
    SpectralNorm<Linear<8, NoBias>>, Swish, Linear<1>>;

template <int Outputs>
using Conditional =
    Sequential<Conditioned<Shape<1, 6, 6>, Shape<9>>, Conv2d<6, Kernel<3>, Padding<1>>,
               AddCondition, Swish, Residual<Swish, Conv2d<6, Kernel<3>, Padding<1>>, AddCondition>,
               Flatten, Linear<10>, AddCondition, Swish, Linear<Outputs>>;

using Logits = Sequential<Shape<1, 6, 6>, Conv2d<4, Kernel<3>>, Swish, Flatten, Linear<5>>;

/// Writes what the graph must give for some samples.
template <class E>
void write_expected(const std::filesystem::path& folder, const std::string& name, const E& energy) {
  using T = typename E::value_type;
  using S = typename E::Input;
  constexpr int count = 37;
  Samples<T> x(count, S::size);
  fill_with_noise<T>(x, Rng{.seed = 3});
  const auto values = scores(energy, x);
  const Samples<T> gradient = -energy_gradients(energy, x);
  io::SafeTensors content;
  const auto elements = [](const auto& matrix) {
    return std::span<const T>(matrix.data(), static_cast<std::size_t>(matrix.size()));
  };
  io::TensorShape shape{S::extents.begin(), S::extents.end()};
  shape.insert(shape.begin(), count);
  content.add("x", shape, elements(x));
  content.add("score", {count}, elements(values));
  content.add("score_gradient", shape, elements(gradient));
  io::write_safetensors(folder / (name + ".safetensors"), content);
}

template <class E>
void write(const std::filesystem::path& folder, const std::string& name, const E& energy) {
  io::write_onnx(folder / (name + ".onnx"), energy,
                 {.gradient = true, .metadata = {{"name", name}, {"text", "a \"quoted\" Größe"}}});
  write_expected(folder, name, energy);
}

/// A graph with more than one input and output: E(x, s), and p(y | x, s) of a classifier.
template <class E>
void write_levels(const std::filesystem::path& folder, const std::string& name, const E& energy) {
  io::OnnxGraph graph;
  const io::OnnxValue x = io::onnx_input<typename E::Sample>(graph);
  const io::OnnxValue level = graph.input("level", {1});
  const io::OnnxValue score = graph.negate(energy.symbolic(graph, x, level));
  graph.output("score", score);
  graph.output("score_gradient", graph.gradient(score, x));
  graph.output("probabilities", graph.softmax(energy.symbolic_outputs(graph, x, level), 1));
  io::write_onnx(folder / (name + ".onnx"), graph);
}

void write_all(const std::filesystem::path& folder) {
  const Rng rng{.seed = 1};
  write(folder, "activations", Neural<Activations>(rng));
  write(folder, "activations_of_double", Neural<Activations, double>(rng));
  write(folder, "residuals", Neural<Residuals>(rng));
  write(folder, "normalizations", Neural<Normalizations>(rng));
  write(folder, "u_net", Neural<UNet>(rng));

  const NoiseConditionalOptions options{.mean = -0.7, .deviation = 0.6, .gain = 4, .level = 0.2};
  const NoiseConditional<Conditional<1>> levels(options, rng);
  write(folder, "noise_levels", levels);
  write_levels(folder, "noise_levels_by_input", levels);
  const NoiseConditional<Conditional<4>> joint(options, rng);
  io::write_onnx(folder / "joint.onnx", joint, {.gradient = true});
  write_expected(folder, "joint", Marginal(joint));
  write_levels(folder, "joint_by_input", joint);

  const Classifier<Logits> classifier(rng);
  io::write_onnx(folder / "classifier.onnx", classifier, {.gradient = true});
  write_expected(folder, "classifier", Marginal(classifier));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    require(argc == 2, "usage: onnx_interchange FOLDER");
    write_all(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
