// SPDX-License-Identifier: MIT
#include "analysis.hpp"

#include <algorithm>
#include <ebm/io/file.hpp>
#include <ebm/io/mnist.hpp>
#include <numeric>

namespace ebm_mnist {

namespace {

using Images = ebm::Samples<float>;

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

Analysis analyze(const Engine& engine, const Model& model, const ImageSets& sets,
                 const std::vector<NamedImages>& own, std::uint32_t seed, int threads) {
  const auto f = [&](const Images& images, const std::string& name) {
    return model.scores(images, name, threads);
  };
  Analysis analysis;
  const Images random = engine.noise_images(static_cast<int>(sets.test.rows()), seed);
  analysis.scores = {{"random", f(random, "the random images")},
                     {"train", f(sets.train, "the training images")},
                     {"test", f(sets.test, "the test images")}};
  const std::vector<double>& likely = analysis.scores.back().second;
  const auto compare = [&](const std::string& name, const char* description, const Images& images) {
    analysis.comparisons.push_back(
        {name, description, ebm::auroc(likely, f(images, ebm::io::quoted_text(name)))});
  };
  for (const Corruption& corruption : engine.corruptions()) {
    compare(corruption.name, corruption.description, corruption.apply(sets.test, seed));
  }
  for (const auto& [name, images] : own) compare(name, "your own images", images);
  return analysis;
}

const Corruption& find_corruption(const Engine& engine, std::string_view name) {
  return *std::ranges::find(engine.corruptions(), name, &Corruption::name);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace ebm_mnist
