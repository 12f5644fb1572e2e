// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ebm/ebm.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/io/model.hpp>
#include <string>
#include <vector>

#include "mnist/network.hpp"

/// A gate before a classifier: an energy-based model refuses images that are unlike those of its
/// training, in which the classifier would see a digit all the same.
///
/// Usage: example_ood_gate [IMAGES [PICTURE.png]]
/// IMAGES of each group, 1,000 by default. The picture has a row for each group: in a green frame
/// what the gate lets through, dimmed and in a red frame what it refuses.
using namespace ebm;

constexpr int side = 28, framed_side = side + 4, shown = 12;  // images of a group in the picture

/// What the gate judges by: the energies of images at four noise levels, [image][level].
template <class E>
Samples<float> level_energies(const E& energy, const Samples<float>& images, Threads& threads) {
  Samples<float> result(images.rows(), 4);
  Eigen::Index column = 0;
  for (const double level : {0.05, 0.1, 0.5, 2.0}) {
    result.col(column++) = energies(at_level(energy, level), images, threads);
  }
  return result;
}

/// An image in its frame: [1][channel, row, column].
Samples<float> framed(const Samples<float>& image, bool is_accepted) {
  Samples<float> picture = Samples<float>::Constant(3, framed_side * framed_side, -0.6f);
  picture.row(is_accepted ? 1 : 0).setConstant(0.6f);
  const float brightness = is_accepted ? 1.0f : 0.4f;
  for (int i = 0; i < side * side; ++i) {
    const int place = (i / side + 2) * framed_side + i % side + 2;
    picture.col(place).setConstant((image(0, i) + 1) * brightness - 1);
  }
  return picture.reshaped<Eigen::RowMajor>(1, picture.size());
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (count < shown || count > 10000) {
    std::fprintf(stderr, "IMAGES: expected a whole number in [%d, 10000]\n", shown);
    return 2;
  }
  Classifier<ebm_mnist::JudgeLogits> classifier;
  io::load_model(EBM_MNIST_DIR "/judge.safetensors", classifier);
  const io::SafeTensors file = io::read_safetensors(EBM_MNIST_DIR "/matching.safetensors");
  const auto option = [&](const char* name) { return std::stod(file.metadata().at(name)); };
  NoiseConditional<ebm_mnist::MatchingNetwork> energy(
      {.mean = option("mean"), .deviation = option("deviation"), .gain = option("gain")});
  io::load_model(file, energy);

  // 1. The gate: a score by 1,000 training images, and the threshold that 1 % of others do not
  // reach.
  Threads threads;
  const io::Mnist mnist = io::load_mnist(EBM_MNIST_DIR "/data");
  const Samples<float> known = io::to_samples(mnist.train_images).topRows(2000);
  const Samples<float> features = level_energies(energy, known, threads);
  const MahalanobisScore score(features.topRows(1000));
  std::vector<double> others = score.scores(features.bottomRows(1000));
  std::ranges::sort(others);
  const double threshold = others[10];

  // 2. What comes to the gate.
  const Samples<float> digits = io::to_samples(mnist.test_images).topRows(count);
  Samples<float> pictures(0, 3 * framed_side * framed_side);
  std::printf("%-14s%9s%9s%20s\n", "", "accepted", "accuracy", "that of accepted");
  const auto pass = [&](const char* name, const Samples<float>& images) {
    const std::vector<double> usual = score.scores(level_energies(energy, images, threads));
    const std::vector<int> classes =
        likeliest_classes(class_probabilities(outputs(classifier, images, threads)));
    int accepted = 0, right = 0, both = 0;
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const bool is_accepted = usual[at] >= threshold;
      const bool is_right = classes[at] == mnist.test_labels[at];
      accepted += is_accepted ? 1 : 0;
      right += is_right ? 1 : 0;
      both += is_accepted && is_right ? 1 : 0;
      if (i >= shown) continue;
      pictures.conservativeResize(pictures.rows() + 1, Eigen::NoChange);
      pictures.bottomRows(1) = framed(images.row(i), is_accepted);
    }
    std::printf("%-14s%7.1f %%%7.1f %%", name, 100.0 * accepted / count, 100.0 * right / count);
    if (accepted > 0) std::printf("%18.1f %%", 100.0 * both / accepted);
    std::printf("\n");
    return static_cast<double>(accepted) / count;
  };
  const double of_digits = pass("test digits", digits);
  const double of_noise = pass("noise", corruptions::noise(digits, Rng{1}));
  const double of_inverted = pass("inverted", corruptions::inverted(digits));
  const double of_shrunk = pass("half the size", corruptions::shrunk(digits));
  pass("with a square", corruptions::square(digits, Rng{1}));
  pass("two digits", digits.cwiseMax(digits.colwise().reverse()));
  pass("half a turn", corruptions::flipped(digits));

  if (argc > 2) {
    const io::ImageShape shape{.channels = 3, .height = framed_side, .width = framed_side};
    io::write_image_grid(argv[2], pictures, shape, {.columns = shown, .padding = 1, .scale = 2});
  }
  return of_digits > 0.95 && std::max({of_noise, of_inverted, of_shrunk}) < 0.02 ? 0 : 1;
}
