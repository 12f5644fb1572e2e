// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <ebm/ebm.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/mnist.hpp>
#include <vector>

/// Learns E(x, y) of digits x and their classes y, draws digits of each class, and lets a
/// classifier that shares nothing with the model, the nearest training image, say which class each
/// one shows.
///
/// Usage: example_conditional_digits [ITERATIONS [PICTURE.png]]
using namespace ebm;

constexpr int classes = 10, pixels = 28 * 28;

/// The tutorial's network, with biases of the class in its convolutions.
using Network = Sequential<Conditioned<Shape<1, 28, 28>, Shape<classes>>,
                           Conv2d<16, Kernel<5>, Stride<2>, Padding<4>>, AddCondition, Swish,
                           Conv2d<32, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                           Conv2d<64, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                           Conv2d<64, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                           Flatten, Linear<64>, AddCondition, Swish, Linear<1>>;

struct StopAfter {
  int iterations;

  template <class Trainer>
  void on_batch(Trainer& trainer, const BatchReport& report) const {
    if (report.iteration >= iterations) trainer.stop();
  }
};

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
  const int iterations = argc > 1 ? std::atoi(argv[1]) : 936;
  if (iterations < 1) {
    std::fprintf(stderr, "ITERATIONS: expected a whole number >= 1, got '%s'\n", argv[1]);
    return 2;
  }
  const io::Mnist mnist = io::load_mnist(EBM_MNIST_DATA_DIR);
  const Samples<float> images = io::to_samples(mnist.train_images);
  const std::vector<int> labels(mnist.train_labels.begin(), mnist.train_labels.end());

  Neural<Network> energy(Rng{1});
  Threads threads;
  Trainer trainer(energy, Recipe<>{}, threads);
  trainer.fit(with_conditions(images, one_hot(std::span<const int>(labels), classes)),
              StopAfter{iterations});

  constexpr int of_class = 20;
  std::vector<int> wanted;
  for (int label = 0; label < classes; ++label) wanted.insert(wanted.end(), of_class, label);
  Samples<float> noise(classes * of_class, pixels);
  fill_with_noise<float>(noise, Rng{2});
  const Samples<float> drawn =
      chain_ends(trainer.recipe().sampler, energy,
                 with_conditions(noise, one_hot(std::span<const int>(wanted), classes)),
                 {.steps = 256, .rng = Rng{3}}, threads)
          .leftCols(pixels);
  if (argc > 2)
    io::write_png(argv[2], io::image_grid(drawn, {}, {.columns = of_class, .scale = 2}));

  const std::vector<int> shown = nearest_labels(drawn, mnist, images, threads);
  int right = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) right += shown[i] == wanted[i] ? 1 : 0;
  // Of a model that does not know the class, 20 of 200 are right on the average, and more than 43
  // once in two million times (binomial distribution).
  std::printf("%d of %zu digits are of the class that was asked for\n", right, wanted.size());
  return right > 43 ? 0 : 1;
}
