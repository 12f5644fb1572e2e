// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/check_gradient.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<4>, Linear<6>, Swish, Linear<3>>;

const std::vector<int> labels{0, 2, 1, 1, 0, 2, 2};

}  // namespace

TEST_CASE("logits are the network's outputs, for batches of any size") {
  const Classifier<Net, double> classifier(Rng{3});
  const auto x = random_samples<double>(35, 4, 1);
  const auto logits = outputs(classifier, x, Threads(2));
  REQUIRE(logits.rows() == 35);
  REQUIRE(logits.cols() == 3);
  const auto p = classifier.parameters();  // weights [6][4], biases [6], [3][6], [3]
  for (Eigen::Index row = 0; row < 35; ++row) {
    for (int k = 0; k < 3; ++k) {
      double expected = p[48 + static_cast<std::size_t>(k)];
      for (std::size_t i = 0; i < 6; ++i) {
        double a = p[24 + i];
        for (std::size_t j = 0; j < 4; ++j) a += p[4 * i + j] * x(row, static_cast<int>(j));
        expected += p[30 + static_cast<std::size_t>(k) * 6 + i] * a / (1 + std::exp(-a));
      }
      CHECK(logits(row, k) == Approx(expected).epsilon(1e-12));
    }
  }
  CHECK(message_of<InvalidArgument>([&] {
          static_cast<void>(outputs(classifier, Samples<double>::Zero(2, 5)));
        }) == "outputs: the energy expects 4 features a sample, got 5");
}

TEST_CASE("a weight that is not finite is named through each view of a classifier") {
  Classifier<Net, double> classifier(Rng{3});
  classifier.change_parameters([](auto p) { p[25] = std::numeric_limits<double>::quiet_NaN(); });
  const Samples<double> x = Samples<double>::Zero(2, 4), y = Samples<double>::Zero(2, 7);
  const std::string bad = "number 1 of parameter 'linear1.bias' is nan, expected a finite number";
  const auto message = [](const auto& f) { return message_of<InvalidArgument>(f); };
  CHECK(message([&] { (void)energies(Marginal(classifier), x); }) == "energies: " + bad);
  CHECK(message([&] { (void)energies(Joint(classifier), y); }) == "energies: " + bad);
  CHECK(message([&] { (void)outputs(classifier, x); }) == "outputs: " + bad);
  CHECK(message([&] { (void)logits(classifier, x); }) == "logits: " + bad);
  Samples<double> chains = x;
  const Marginal view(classifier);
  CHECK(message([&] { run_chains(UnboundedLangevin(), view, chains); }) == "run_chains: " + bad);
}

TEST_CASE("probabilities are those of the logits, however large these are") {
  Samples<double> logits(2, 3);
  logits << 1, 2, 3, 1000, 0, 999;
  const auto p = class_probabilities(logits);
  const double total = std::exp(-2.0) + std::exp(-1.0) + 1;
  CHECK(p(0, 0) == Approx(std::exp(-2.0) / total));
  CHECK(p(0, 2) == Approx(1 / total));
  CHECK(p(1, 0) == Approx(1 / (1 + std::exp(-1.0))));
  CHECK(p(1, 1) == 0);
  CHECK((p.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-15);
}

TEST_CASE("a classifier's energies are those of its logits, and their difference is -ln p(y | x)") {
  const Classifier<Net, double> classifier(Rng{3});
  const auto x = random_samples<double>(7, 4, 1);
  const auto with_labels = with_conditions(x, one_hot<double>(std::span(labels), 3));
  const auto logits = outputs(classifier, x);
  const Eigen::VectorXd of_x = energies(Marginal(classifier), x);
  const Eigen::VectorXd of_both = energies(Joint(classifier), with_labels);
  const auto p = class_probabilities(logits);
  for (Eigen::Index i = 0; i < 7; ++i) {
    const int label = labels[static_cast<std::size_t>(i)];
    CHECK(of_x[i] == Approx(-std::log(logits.row(i).array().exp().sum())).epsilon(1e-13));
    CHECK(of_both[i] == Approx(-logits(i, label)).epsilon(1e-13));
    CHECK(of_both[i] - of_x[i] == Approx(-std::log(p(i, label))).epsilon(1e-12));
  }
  CHECK(energies(classifier, with_labels) == of_x);
  check_energy_gradient(Marginal(classifier), x);
  const auto h = 1e-5;
  const Samples<double> v = random_samples<double>(7, 4, 2);
  const Samples<double> differences = (energy_gradients(Marginal(classifier), x + h * v) -
                                       energy_gradients(Marginal(classifier), x - h * v)) /
                                      (2 * h);
  CHECK(relative_error(hessian_vector_product(Marginal(classifier), x, v), differences) < 1e-8);
}

TEST_CASE("chains of the joint energy keep their class") {
  const Classifier<Net> classifier(Rng{3});
  const auto start = with_conditions(random_samples<float>(7, 4, 1), one_hot(std::span(labels), 3));
  const auto ends = chain_ends(Langevin({.step_size = 0.1}), Joint(classifier), start,
                               {.steps = 3, .rng = Rng{1}});
  CHECK(ends.rightCols(3) == start.rightCols(3));
  CHECK(ends.leftCols(4) != start.leftCols(4));
}
