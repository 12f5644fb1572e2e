// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/eval/auroc.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine.hpp"

/// What a model finds likely and what unusual.
namespace ebm_mnist {

/// Images of MNIST by set: [image][pixel].
struct ImageSets {
  ebm::Samples<float> train, test;
};

/// The first `most` images of each set; all for 0.
///
/// Throws `ebm::Error` if there are none.
ImageSets read_image_sets(const std::filesystem::path& data, int most);

/// How well a model tells test images from a group.
struct Comparison {
  std::string group;
  std::string description;
  ebm::Auroc auroc;
};

struct Analysis {
  std::vector<std::pair<std::string, std::vector<double>>> scores;  ///< random, train, test
  std::vector<Comparison> comparisons;
};

/// Images that should be unusual, and their name.
using NamedImages = std::pair<std::string, ebm::Samples<float>>;

/// Scores both sets and as many noise images as there are test images; compares test images with
/// ten corruptions of them and with `own` images.
Analysis analyze(const Engine& engine, const Model& model, const ImageSets& sets,
                 const std::vector<NamedImages>& own, std::uint32_t seed, int threads);

/// The corruption of that name, which there is.
const Corruption& find_corruption(const Engine& engine, std::string_view name);

/// values: at least one
double mean(const std::vector<double>& values);

}  // namespace ebm_mnist
