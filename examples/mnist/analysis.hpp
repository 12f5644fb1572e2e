// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/eval/auroc.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine.hpp"

/// What a model finds likely and what unusual.
namespace ebm_mnist {

/// Images of MNIST by set: [image][pixel].
struct ImageSets {
  ebm::Samples<float> train, test;
  std::vector<int> test_digits;  ///< [image]
  ebm::Samples<float> held_out;  ///< test images of a digit that the others do not show
};

/// The first `most` images of each set; all for 0.
///
/// held_out: a digit, or -1
/// Throws `ebm::Error` if there are none.
ImageSets read_image_sets(const std::filesystem::path& data, int most, int held_out = -1);

/// How well a model tells test images from a group.
struct Comparison {
  std::string group;
  std::string description;
  ebm::Auroc auroc;  ///< by the score
  /// By the likeliest digit's probability, of a model that knows digits.
  std::optional<ebm::Auroc> by_digit{};
};

/// How well a model reads test images.
struct Reading {
  double accuracy = 0;           ///< share that it reads right
  double calibration_error = 0;  ///< see `ebm::calibration_error`
};

struct Analysis {
  std::vector<std::pair<std::string, std::vector<double>>> scores;  ///< random, train, test
  std::vector<Comparison> comparisons;
  std::optional<Reading> reading;  ///< of a model that knows digits
};

/// Images that should be unusual, and their name.
using NamedImages = std::pair<std::string, ebm::Samples<float>>;

/// Scores both sets and as many noise images as there are test images; compares test images with
/// ten corruptions of them and with `own` images.
Analysis analyze(const Engine& engine, const Model& model, const ImageSets& sets,
                 const std::vector<NamedImages>& own, std::uint32_t seed, int threads);

/// What a judge says of a group of images.
struct Quality {
  double distance = 0;   ///< Fréchet distance of features to those of other training images, >= 0
  double confident = 0;  ///< share of images with a class of probability 0.9 or more
  double balance = 0;    ///< entropy of the classes, 1: all equally often
  double precision = 0;  ///< share of images that are like as many other training images
  double recall = 0;     ///< share of those that are like the images
};

/// A group of images and what a judge says of it.
using Judgement = std::pair<std::string, Quality>;

/// Throws `ebm::InvalidArgument` unless as many samples can be compared with these sets: 4 or more,
/// of test images as many, of training images twice as many.
void require_comparable(int samples, const ImageSets& sets);

/// Compares samples, as many test images and as many training images, both drawn by the seed, with
/// the other training images.
///
/// samples: [sample][pixel], finite, as many as `require_comparable` allows
/// returns: of "model", "test" and "train"; the last is what images of the same origin reach
std::vector<Judgement> judge_samples(const Judge& judge, const ebm::Samples<float>& samples,
                                     const ImageSets& sets, std::uint32_t seed, int threads);

/// The corruption of that name, which there is.
const Corruption& find_corruption(const Engine& engine, std::string_view name);

/// values: at least one
double mean(const std::vector<double>& values);

}  // namespace ebm_mnist
