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

using Net = Sequential<Conditioned<Shape<4>, Shape<9>>, Linear<6>, AddCondition, Swish, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3 + 9>>, Linear<6>, AddCondition, Swish, Linear<1>>;

constexpr NoiseConditionalOptions options{.mean = -0.7, .deviation = 0.6, .gain = 5, .level = 0.2};

/// What the network sees of a sample, and of its condition, at a level.
Samples<double> seen(const Samples<double>& samples, double level) {
  const double v = level * level + 0.36, log_level = std::log(level);
  Samples<double> result(samples.rows(), samples.cols() + 9);
  result.leftCols(samples.cols()) = samples;
  result.leftCols(4) = (samples.leftCols(4).array() + 0.7) / std::sqrt(v);
  auto features = result.rightCols(9);
  features.col(0).setConstant(log_level / 3);
  for (int i = 0; i < 4; ++i) {
    features.col(1 + 2 * i).setConstant(std::sin(0.4 * (1 << i) * log_level));
    features.col(2 + 2 * i).setConstant(std::cos(0.4 * (1 << i) * log_level));
  }
  return result;
}

template <class Network>
void check_formula(const Samples<double>& samples) {
  const NoiseConditional<Network, double> energy(options, Rng{3});
  const Neural<Network, double> network(Rng{3});
  for (const double level : {0.05, 0.2, 1.0, 10.0}) {
    const double v = level * level + 0.36;
    const Eigen::VectorXd squares =
        (samples.leftCols(4).array() + 0.7).square().rowwise().sum() / (2 * v);
    const Eigen::VectorXd expected =
        squares + 5 * 0.6 / level * energies(network, seen(samples, level));
    CHECK(relative_error(energies(at_level(energy, level), samples), expected) < 1e-13);
    if constexpr (Network::Input::condition_size == 9) {
      check_energy_gradient(at_level(energy, level), samples);
    }
  }
  CHECK(energies(energy, samples) == energies(at_level(energy, 0.2), samples));
}

}  // namespace

TEST_CASE("a noise-conditional energy is its formula, with conditions of samples and without") {
  check_formula<Net>(random_samples<double>(21, 4, 1));
  check_formula<WithClass>(random_samples<double>(21, 7, 1));
}

TEST_CASE("a network of several outputs is an energy and a classifier at each level") {
  using Logits =
      Sequential<Conditioned<Shape<4>, Shape<9>>, Linear<6>, AddCondition, Swish, Linear<3>>;
  const NoiseConditional<Logits, double> energy(options, Rng{3});
  const NetworkModel<Logits, double> network(Rng{3});
  const auto x = random_samples<double>(21, 4, 1);
  std::vector<int> labels;
  for (int i = 0; i < 21; ++i) labels.push_back(i % 3);
  const auto with_labels = with_conditions(x, one_hot<double>(std::span(labels), 3));
  const Marginal marginal(energy);
  const Joint joint(energy);
  for (const double level : {0.05, 0.2, 1.0, 10.0}) {
    CAPTURE(level);
    const double v = level * level + 0.36;
    const Samples<double> f = outputs(network, seen(x, level));
    CHECK(relative_error(logits(at_level(energy, level), x), f) < 1e-13);
    const Eigen::VectorXd score = f.array().exp().rowwise().sum().log(),
                          squares = (x.array() + 0.7).square().rowwise().sum() / (2 * v);
    const Eigen::VectorXd of_x = squares - 5 * 0.6 / level * score;
    Eigen::VectorXd of_both = of_x + score;
    for (int i = 0; i < 21; ++i) of_both[i] -= f(i, labels[static_cast<std::size_t>(i)]);
    CHECK(relative_error(energies(at_level(energy, level), with_labels), of_x) < 1e-13);
    CHECK(relative_error(energies(at_level(marginal, level), x), of_x) < 1e-13);
    CHECK(relative_error(energies(at_level(joint, level), with_labels), of_both) < 1e-13);
    check_energy_gradient(at_level(marginal, level), x);
    const Samples<double> slopes = energy_gradients(at_level(joint, level), with_labels);
    Samples<double> differences = slopes;
    for (int j = 0; j < 4; ++j) {
      Samples<double> above = with_labels, below = with_labels;
      above.col(j).array() += 1e-5;
      below.col(j).array() -= 1e-5;
      differences.col(j) =
          (energies(at_level(joint, level), above) - energies(at_level(joint, level), below)) /
          2e-5;
    }
    CHECK(relative_error(Samples<double>(slopes.leftCols(4)),
                         Samples<double>(differences.leftCols(4))) < 1e-7);
  }
  CHECK(energies(joint, with_labels) == energies(at_level(joint, 0.2), with_labels));
}

TEST_CASE("lanes may have levels of their own") {
  const NoiseConditional<Net, double> energy(options, Rng{3});
  const auto samples = random_samples<double>(16, 4, 1);
  alignas(64) double levels[lanes];
  for (int lane = 0; lane < lanes; ++lane) levels[lane] = 0.1 + 0.3 * lane;
  const auto together = energies(at_level(energy, Pack<double>::load(levels)), samples);
  for (int lane = 0; lane < lanes; ++lane) {
    CHECK(together[lane] == energies(at_level(energy, levels[lane]), samples)[lane]);
  }
}

TEST_CASE("the Hessian at a level is that of finite differences") {
  const NoiseConditional<WithClass, double> energy(options, Rng{3});
  const auto here = at_level(energy, 0.4);
  const auto x = random_samples<double>(5, 7, 1);
  Samples<double> v = random_samples<double>(5, 7, 2);
  const double h = 1e-5;
  const Samples<double> above = energy_gradients(here, x + h * v);
  const Samples<double> below = energy_gradients(here, x - h * v);
  const Samples<double> expected = (above - below) / (2 * h);
  CHECK(relative_error(hessian_vector_product(here, x, v), expected) < 1e-8);
}

TEST_CASE("samples at a level have the mean and the deviation of data with its noise") {
  const NoiseConditional<Net> energy(options);
  const double level = 0.8, variance = level * level + 0.36;
  const auto samples = noise_at_level(energy, level, 20001, Rng{4});
  REQUIRE(samples.cols() == 4);
  const auto x = samples.cast<double>().array() + 0.7;
  const double count = static_cast<double>(samples.size());
  // Beyond 5 standard errors with probability 5.7e-7 each.
  CHECK(std::abs(x.mean()) < 5 * std::sqrt(variance / count));
  CHECK(std::abs(x.square().mean() / variance - 1) < 5 * std::sqrt(2 / count));
  CHECK(noise_at_level(energy, level, 30, Rng{4}, 100) == samples.middleRows(100, 30));
}

TEST_CASE("what is out of range is refused by its name") {
  const auto message = [](const NoiseConditionalOptions& o) {
    return message_of<InvalidArgument>([&] { NoiseConditional<Net>{o}; });
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(message({.mean = infinity}) == "NoiseConditional: mean must be finite, got inf");
  CHECK(message({.deviation = 0}) == "NoiseConditional: deviation must be > 0 and finite, got 0");
  CHECK(message({.gain = -1}) == "NoiseConditional: gain must be > 0 and finite, got -1");
  CHECK(message({.level = infinity}) == "NoiseConditional: level must be > 0 and finite, got inf");
  const NoiseConditional<Net> energy(options);
  CHECK(message_of<InvalidArgument>([&] { static_cast<void>(at_level(energy, 0)); }) ==
        "at_level: level must be > 0 and finite, got 0");
  CHECK(message_of<InvalidArgument>([&] {
          static_cast<void>(noise_at_level(energy, 1, -1, {}));
        }) == "noise_at_level: count must be >= 0, got -1");
}
