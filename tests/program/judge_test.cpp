// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/io/model.hpp>

#include "mnist/digit_judge.hpp"
#include "support/catch.hpp"
#include "support/relative_error.hpp"

using namespace ebm;
using namespace ebm_mnist;

namespace {

Classifier<JudgeLogits> bundled_judge() {
  Classifier<JudgeLogits> classifier;
  io::load_model(EBM_MNIST_JUDGE, classifier);
  return classifier;
}

}  // namespace

TEST_CASE("The bundled judge reads 99.2 % of the test images, and is as sure as it is right") {
  const Classifier<JudgeLogits> classifier = bundled_judge();
  const io::Mnist mnist = io::load_mnist(EBM_MNIST_DATA_DIR);
  const std::vector<int> labels(mnist.test_labels.begin(), mnist.test_labels.end());
  Threads threads;
  const Samples<float> probabilities =
      class_probabilities(outputs(classifier, io::to_samples(mnist.test_images), threads));
  int right = 0;
  for (Eigen::Index i = 0; i < probabilities.rows(); ++i) {
    Eigen::Index likeliest = 0;
    probabilities.row(i).maxCoeff(&likeliest);
    right += likeliest == labels[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  CHECK(right >= 9920);
  CHECK(calibration_error(probabilities, labels) < 0.005);
}

TEST_CASE("The judge's logits are its last layer's of its features") {
  const Classifier<JudgeLogits> classifier = bundled_judge();
  const auto infos = classifier.parameter_infos();
  const auto parameters_of = [&](const std::string& name, Eigen::Index rows, Eigen::Index cols) {
    const auto info = std::ranges::find(infos, name, &ParameterInfo::name);
    REQUIRE(info != infos.end());
    REQUIRE(info->size == rows * cols);
    return Samples<float>(Eigen::Map<const Samples<float>>(
        classifier.parameters().data() + info->offset, rows, cols));
  };
  Samples<float> images(40, JudgeLogits::Input::size);
  fill_with_noise<float>(images, Rng{1});

  const Samples<float> features = outputs(features_of(classifier), images);
  Samples<float> logits = features * parameters_of("linear2.weight", 10, 64).transpose();
  logits.rowwise() += parameters_of("linear2.bias", 1, 10).row(0);
  CHECK(relative_error(outputs(classifier, images), logits) < 1e-5);
}
