// SPDX-License-Identifier: MIT
#include "analysis.hpp"

#include <algorithm>
#include <ebm/eval/corruptions.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/mnist.hpp>
#include <numeric>

namespace ebm_mnist {

namespace {

namespace corruptions = ebm::corruptions;
using Images = ebm::Samples<float>;

/// A way to make test images unlikely.
struct Corruption {
  const char* name;
  const char* description;
  Images (*apply)(const Images& images, ebm::Rng rng);
};

constexpr Corruption battery[] = {
    {"noise", "uniform noise alone",
     [](const Images& x, ebm::Rng rng) { return corruptions::noise(x, rng); }},
    {"gaussian", "normal noise on each pixel",
     [](const Images& x, ebm::Rng rng) { return corruptions::noisy(x, rng); }},
    {"flipped", "a half turn", [](const Images& x, ebm::Rng) { return corruptions::flipped(x); }},
    {"shrunk", "half the size, in a corner",
     [](const Images& x, ebm::Rng) { return corruptions::shrunk(x); }},
    {"inverted", "dark digits on white",
     [](const Images& x, ebm::Rng) { return corruptions::inverted(x); }},
    {"constant", "one grey all over",
     [](const Images& x, ebm::Rng rng) { return corruptions::constant(x, rng); }},
    {"blank_salt", "white pixels on black, no digit",
     [](const Images& x, ebm::Rng rng) { return corruptions::blank_salt(x, rng); }},
    {"salt", "white pixels on the digit",
     [](const Images& x, ebm::Rng rng) { return corruptions::salt(x, rng); }},
    {"square", "a white square on the digit",
     [](const Images& x, ebm::Rng rng) { return corruptions::square(x, rng); }},
    {"shuffled", "the same pixels in another order",
     [](const Images& x, ebm::Rng rng) { return corruptions::shuffled(x, rng); }},
};

Images first(const ebm::io::GrayImages& images, int most) {
  std::vector<int> indices(
      static_cast<std::size_t>(most == 0 ? images.count : std::min(most, images.count)));
  std::iota(indices.begin(), indices.end(), 0);
  return ebm::io::to_samples(images, indices);
}

}  // namespace

ImageSets read_image_sets(const std::filesystem::path& data, int most) {
  const ebm::io::Mnist mnist = ebm::io::load_mnist(data);
  ImageSets sets{first(mnist.train_images, most), first(mnist.test_images, most)};
  if (sets.test.rows() == 0 || sets.train.rows() == 0) {
    throw ebm::Error(ebm::sentence("analyze: ", ebm::io::quoted(data), " holds no ",
                                   sets.test.rows() == 0 ? "test" : "training", " images"));
  }
  return sets;
}

Analysis analyze(const Model& model, const ImageSets& sets, const std::vector<NamedImages>& own,
                 ebm::Rng rng, ebm::Threads& threads) {
  const auto f = [&](const Images& images, const std::string& name) {
    return scores(model, images, name, threads);
  };
  Analysis analysis;
  const Images random = noise_images(static_cast<int>(sets.test.rows()), rng);
  analysis.scores = {{"random", f(random, "the random images")},
                     {"train", f(sets.train, "the training images")},
                     {"test", f(sets.test, "the test images")}};
  const std::vector<double>& likely = analysis.scores.back().second;
  const auto compare = [&](const std::string& name, const char* description, const Images& images) {
    analysis.comparisons.push_back(
        {name, description, ebm::auroc(likely, f(images, ebm::io::quoted_text(name)))});
  };
  for (const Corruption& corruption : battery) {
    compare(corruption.name, corruption.description, corruption.apply(sets.test, rng));
  }
  for (const auto& [name, images] : own) compare(name, "your own images", images);
  return analysis;
}

std::vector<std::string> corruption_names() {
  std::vector<std::string> names;
  for (const Corruption& corruption : battery) names.emplace_back(corruption.name);
  return names;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace ebm_mnist
