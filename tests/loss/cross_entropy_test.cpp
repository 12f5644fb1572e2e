// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<2>, Linear<16>, Swish, Linear<3>>;

std::vector<int> labels_of(const Samples<double>& x) {
  std::vector<int> labels;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const double angle = std::atan2(x(i, 1), x(i, 0));
    labels.push_back(angle < -1 ? 0 : angle < 1 ? 1 : 2);
  }
  return labels;
}

}  // namespace

TEST_CASE("cross-entropy is the mean of -ln p(y | x), and its gradient is its finite differences") {
  const Classifier<Net, double> classifier(Rng{3});
  const auto x = random_samples<double>(21, 2, 1);
  const auto labels = labels_of(x);
  const auto data = with_conditions(x, one_hot<double>(std::span(labels), 3));
  const BatchResult result = judged(classifier, CrossEntropy(), data, no_samples(data)).result;
  const auto p = class_probabilities(outputs(classifier, x));
  double expected = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    expected -= std::log(p(static_cast<Eigen::Index>(i), labels[i])) / 21;
  }
  CHECK(result.loss.total == Approx(expected).epsilon(1e-12));
  CHECK(result.data_score == Approx(scores(Marginal(classifier), x).mean()).epsilon(1e-12));
  CHECK(gradient_error(classifier, CrossEntropy(), data, no_samples(data)) < 1e-6);
}

TEST_CASE("cross-entropy over noise levels is that at noisy data, told their level") {
  using Levels =
      Sequential<Conditioned<Shape<2>, Shape<9>>, Linear<16>, AddCondition, Swish, Linear<3>>;
  const NoiseConditional<Levels, double> energy({}, Rng{3});
  const auto x = random_samples<double>(21, 2, 1);
  const auto labels = labels_of(x);
  const auto data = with_conditions(x, one_hot<double>(std::span(labels), 3));
  CHECK(gradient_error(energy, CrossEntropy(LogLogisticLevels{}), data, no_samples(data)) < 1e-6);
  // Almost without noise it is that of the data themselves.
  const CrossEntropy clean(LogLogisticLevels({.median = 1e-9, .low = 0.99e-9, .high = 1.01e-9}));
  const auto p = class_probabilities(logits(at_level(energy, 1e-9), x));
  double expected = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    expected -= std::log(p(static_cast<Eigen::Index>(i), labels[i])) / 21;
  }
  CHECK(judged(energy, clean, data, no_samples(data)).result.loss.total ==
        Approx(expected).epsilon(0.01));
}

TEST_CASE("a classifier that is trained tells the classes") {
  const auto x = random_samples<double>(2048, 2, 1);
  const auto labels = labels_of(x);
  const auto data = with_conditions(Samples<float>(x.cast<float>()), one_hot(std::span(labels), 3));
  Classifier<Net> classifier(Rng{3});
  Serial serial;
  Trainer trainer(classifier,
                  Recipe{.loss = CrossEntropy(),
                         .optimizer = Adam{{.learning_rate = 1e-2, .beta1 = 0.9}},
                         .gradient_clip = NoGradientClip{},
                         .epochs = 10,
                         .data_noise = 0},
                  serial);
  trainer.fit(data);
  const auto others = random_samples<double>(1000, 2, 2);
  const auto logits = outputs(classifier, Samples<float>(others.cast<float>()));
  const auto right = labels_of(others);
  int count = 0;
  for (Eigen::Index i = 0; i < 1000; ++i) {
    Eigen::Index best = 0;
    logits.row(i).maxCoeff(&best);
    count += best == right[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  CHECK(count > 950);
}
