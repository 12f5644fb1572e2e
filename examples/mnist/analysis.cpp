// SPDX-License-Identifier: MIT
#include "analysis.hpp"

#include <algorithm>
#include <ebm/eval/accuracy.hpp>
#include <ebm/eval/calibration_error.hpp>
#include <ebm/eval/frechet_distance.hpp>
#include <ebm/eval/precision_recall.hpp>
#include <ebm/eval/predicted_classes.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/random/stream.hpp>
#include <numeric>

#include "held_out_digit.hpp"

namespace ebm_mnist {

namespace {

using Images = ebm::Samples<float>;

/// By which precision and recall tell who is alike; each group has more images.
constexpr int neighbours = 3;

Images first(const ebm::io::GrayImages& images, int most) {
  std::vector<int> indices(
      static_cast<std::size_t>(most == 0 ? images.count : std::min(most, images.count)));
  std::iota(indices.begin(), indices.end(), 0);
  return ebm::io::to_samples(images, indices);
}

/// `count` images by chance, and the others in an order by chance: of the training images of MNIST
/// every 60th, say, is not like the rest.
std::pair<Images, Images> parted(const Images& images, Eigen::Index count, ebm::Sequence draws) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(images.rows()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[draws.below(static_cast<std::uint32_t>(i))]);
  }
  const auto rows = [&](Eigen::Index begin, Eigen::Index end) {
    Images part(end - begin, images.cols());
    for (Eigen::Index i = begin; i < end; ++i) {
      part.row(i - begin) = images.row(order[static_cast<std::size_t>(i)]);
    }
    return part;
  };
  return {rows(0, count), rows(count, images.rows())};
}

/// The largest number of each row.
std::vector<double> largest(const Images& rows) {
  std::vector<double> values;
  for (const auto& row : rows.rowwise()) values.push_back(row.maxCoeff());
  return values;
}

}  // namespace

ImageSets read_image_sets(const std::filesystem::path& data, int most, int held_out) {
  ebm::io::Mnist mnist = ebm::io::load_mnist(data);
  take_digit(mnist.train_images, mnist.train_labels, held_out);
  const ebm::io::GrayImages odd = take_digit(mnist.test_images, mnist.test_labels, held_out);
  ImageSets sets{.train = first(mnist.train_images, most),
                 .test = first(mnist.test_images, most),
                 .test_digits = {},
                 .held_out = first(odd, most)};
  sets.test_digits.assign(mnist.test_labels.begin(), mnist.test_labels.begin() + sets.test.rows());
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
  const bool knows_digits = model.digits() > 0;
  const Images p = knows_digits ? model.digit_probabilities(sets.test, threads) : Images();
  const auto compare = [&](const std::string& name, const char* description, const Images& images) {
    Comparison comparison{name, description,
                          ebm::auroc(likely, f(images, ebm::io::quoted_text(name)))};
    if (knows_digits) {
      comparison.by_digit =
          ebm::auroc(largest(p), largest(model.digit_probabilities(images, threads)));
    }
    analysis.comparisons.push_back(std::move(comparison));
  };
  for (const Corruption& corruption : engine.corruptions()) {
    compare(corruption.name, corruption.description, corruption.apply(sets.test, seed));
  }
  for (const auto& [name, images] : own) compare(name, "your own images", images);
  if (knows_digits) {
    analysis.reading = Reading{.accuracy = ebm::accuracy(p, sets.test_digits),
                               .calibration_error = ebm::calibration_error(p, sets.test_digits)};
  }
  return analysis;
}

void require_comparable(int samples, const ImageSets& sets) {
  const Eigen::Index most = std::min(sets.test.rows(), sets.train.rows() / 2);
  ebm::require(samples > neighbours && samples <= most, "--samples: ", samples,
               " samples can't be compared with ", sets.test.rows(), " test and ",
               sets.train.rows(), " training images, expected 0, or from ", neighbours + 1,
               " on as many as test images and half as many as training images");
}

std::vector<Judgement> judge_samples(const Judge& judge, const Images& samples,
                                     const ImageSets& sets, std::uint32_t seed, int thread_count) {
  const ebm::PhiloxKey key = ebm::Rng{seed}.stream(ebm::Purpose::shuffle);
  const auto [train, others] = parted(sets.train, samples.rows(), ebm::Sequence(key, 0));
  const Images test = parted(sets.test, samples.rows(), ebm::Sequence(key, 1)).first;
  const Images known = judge.features(others, thread_count);
  const ebm::GaussianFit fit = ebm::fit_gaussian(known);
  const Images as_many = known.topRows(samples.rows());
  ebm::Threads threads(thread_count);
  const auto quality = [&](const Images& images) -> Quality {
    const Images features = judge.features(images, thread_count);
    const auto [balance, confident] =
        ebm::predicted_classes(judge.probabilities(images, thread_count));
    const auto [precision, recall] = ebm::precision_recall(as_many, features, neighbours, threads);
    return {.distance = ebm::frechet_distance(fit, features),
            .confident = confident,
            .balance = balance,
            .precision = precision,
            .recall = recall};
  };
  return {{"model", quality(samples)}, {"test", quality(test)}, {"train", quality(train)}};
}

const Corruption& find_corruption(const Engine& engine, std::string_view name) {
  return *std::ranges::find(engine.corruptions(), name, &Corruption::name);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace ebm_mnist
