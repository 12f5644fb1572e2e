// SPDX-License-Identifier: MIT
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/energy/scorer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

TEST_CASE("samples with another number of features are refused with both numbers") {
  const Samples<float> samples = Samples<float>::Zero(2, 5);
  CHECK(message_of<InvalidArgument>([&] { (void)energies(Gaussian<3>(), samples); }) ==
        "energies: the energy expects 3 features a sample, got 5");
  CHECK(message_of<InvalidArgument>([&] { (void)energy_gradients(Gaussian<3>(), samples); }) ==
        "energy_gradients: the energy expects 3 features a sample, got 5");
}

TEST_CASE("samples that are not finite are refused with their row") {
  Samples<float> samples = Samples<float>::Zero(20, 3);
  samples(17, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(message_of<InvalidArgument>([&] { (void)energies(Gaussian<3>(), samples); }) ==
        "energies: sample 17 holds a value that is not finite");
  samples(17, 2) = 0;
  samples(3, 0) = std::numeric_limits<float>::infinity();
  CHECK(message_of<InvalidArgument>([&] { (void)energy_gradients(Gaussian<3>(), samples); }) ==
        "energy_gradients: sample 3 holds a value that is not finite");
}

TEST_CASE("a parameter that is not finite is named by what would compute with it") {
  // Relu would make a zero of it, and the energy would look sound.
  using Net = Sequential<Shape<2>, Linear<3>, Relu, Linear<1>>;
  Neural<Net> model;
  model.change_parameters(
      [](auto parameters) { parameters[4] = std::numeric_limits<float>::quiet_NaN(); });
  const Samples<float> samples = Samples<float>::Zero(1, 2);
  Samples<float> chains = samples;
  Scorer scorer(model);
  float score = 0;
  const std::string bad = "number 4 of parameter 'linear1.weight' is nan, expected a finite number";
  const auto message = [](const auto& f) { return message_of<InvalidArgument>(f); };
  CHECK(message([&] { (void)energies(model, samples); }) == "energies: " + bad);
  CHECK(message([&] { (void)energy_gradients(model, samples); }) == "energy_gradients: " + bad);
  CHECK(message([&] { scorer(samples, std::span(&score, 1)); }) == "Scorer: " + bad);
  CHECK(message([&] { run_chains(Langevin(), model, chains); }) == "run_chains: " + bad);
}

TEST_CASE("no samples have no energies") {
  const Samples<float> none(0, 3);
  CHECK(energies(Gaussian<3>(), none).size() == 0);
  CHECK(energy_gradients(Gaussian<3>(), none).rows() == 0);
}

TEST_CASE("energies and gradients have the same bits for any number of threads and any batch") {
  const Gaussian<3> energy({0.1, 0.2, 0.3}, {0.3, 0.7, 1.1});
  const auto samples = random_samples<float>(100, 3, 1);
  const auto values = energies(energy, samples);
  const auto gradients = energy_gradients(energy, samples);
  Threads team(3);
  CHECK(energies(energy, samples, team) == values);
  CHECK(energy_gradients(energy, samples, team) == gradients);
  CHECK(energies(energy, samples.middleRows(37, 5)) == values.segment(37, 5));
  CHECK(energy_gradients(energy, samples.middleRows(37, 5)) == gradients.middleRows(37, 5));
}

TEST_CASE("rows with a stride are evaluated where they are") {
  const auto wide = random_samples<float>(18, 7, 1);
  const Samples<float> narrow = wide.leftCols(3);
  CHECK(energies(Gaussian<3>(), wide.leftCols(3)) == energies(Gaussian<3>(), narrow));
}
