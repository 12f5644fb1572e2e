// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <ebm/ebm.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/mnist.hpp>
#include <vector>

/// Learns E(x, y, s) of digits x with noise of deviation s and their classes y by denoising score
/// matching, draws digits of each class down the noise levels, and lets a classifier that shares
/// nothing with the model, the nearest training image, say which class each one shows.
///
/// Usage: example_conditional_digits [ITERATIONS [PICTURE.png]]
/// 1,872 ITERATIONS, four epochs, by default. The picture has a column for each class, from 0 to 9.
using namespace ebm;

constexpr int classes = 10, pixels = 28 * 28;

/// AddCondition adds biases that depend on the class and the noise level.
using Network = Sequential<Conditioned<Shape<1, 28, 28>, Shape<classes + LevelFeatures::size>>,
                           Conv2d<32, Kernel<5>, Stride<2>, Padding<2>>, AddCondition, Swish,
                           Conv2d<64, Kernel<3>, Stride<2>, Padding<1>>, AddCondition,
                           Residual<Swish, Conv2d<64, Kernel<3>, Padding<1>>, AddCondition>, Swish,
                           Conv2d<64, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                           Flatten, Linear<128>, AddCondition, Swish, Linear<1>>;

/// The label of the training image that is nearest to each image.
std::vector<int> nearest_labels(const Samples<float>& images, const io::Mnist& mnist,
                                const Samples<float>& known, Threads& threads) {
  std::vector<int> labels(static_cast<std::size_t>(images.rows()));
  threads.for_each(static_cast<int>(images.rows()), [&](int i, int) {
    Eigen::Index nearest = 0;
    (known.rowwise() - images.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
    labels[static_cast<std::size_t>(i)] = mnist.train_labels[static_cast<std::size_t>(nearest)];
  });
  return labels;
}

int main(int argc, char** argv) {
  const int iterations = argc > 1 ? std::atoi(argv[1]) : 1872;
  if (iterations < 1) {
    std::fprintf(stderr, "ITERATIONS: expected a whole number >= 1, got '%s'\n", argv[1]);
    return 2;
  }
  const io::Mnist mnist = io::load_mnist(EBM_MNIST_DATA_DIR);
  const Samples<float> images = io::to_samples(mnist.train_images);
  const std::vector<int> labels(mnist.train_labels.begin(), mnist.train_labels.end());

  constexpr int batch = 128;
  const int epochs = 1 + (iterations - 1) * batch / static_cast<int>(images.rows());
  NoiseConditional<Network> energy({.mean = -0.74, .deviation = 0.62}, Rng{1});  // of the pixels
  Threads threads;
  Trainer trainer(energy,
                  Recipe{.loss = DenoisingScoreMatching(LogLogisticLevels()),
                         .optimizer = Adam{{.learning_rate = 2e-3, .beta1 = 0.9}},
                         .gradient_clip = GlobalNormClip{1},
                         .schedule = WarmUp{{.iterations = 100}, CosineDecay()},
                         .averaging = ExponentialAverage{{.decay = 0.99}},
                         .epochs = epochs,
                         .batch = batch,
                         .limit_batches = (iterations + epochs - 1) / epochs},
                  threads);
  trainer.fit(with_conditions(images, one_hot(std::span<const int>(labels), classes)));

  std::vector<int> wanted;
  for (int i = 0; i < 200; ++i) wanted.push_back(i % classes);
  const Annealed<> sampler;
  const Samples<float> noise = sampler.starts(energy, std::ssize(wanted), Rng{2});
  const Samples<float> drawn =
      chain_ends(sampler, trainer.model(),
                 with_conditions(noise, one_hot(std::span<const int>(wanted), classes)),
                 {.steps = sampler.steps(), .rng = Rng{3}}, threads)
          .leftCols(pixels);
  if (argc > 2) {
    io::write_image_grid(argv[2], drawn.topRows(8 * classes), {}, {.columns = classes, .scale = 2});
  }

  const std::vector<int> shown = nearest_labels(drawn, mnist, images, threads);
  int right = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) right += shown[i] == wanted[i] ? 1 : 0;
  // Of a model that does not know the class, 20 of 200 are right on the average, and more than 43
  // once in two million times (binomial distribution).
  std::printf("%d of %zu digits are of the class that was asked for\n", right, wanted.size());
  return right > 43 ? 0 : 1;
}
