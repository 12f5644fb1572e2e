// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

const double log_root_two_pi = 0.5 * std::log(2 * std::acos(-1.0));

/// The draws of a block of noise, [sample][element].
template <class Noise>
Samples<double> drawn(const Noise& noise, int blocks) {
  constexpr int size = Noise::Input::size;
  Samples<double> samples(blocks * lanes, size);
  for (int block = 0; block < blocks; ++block) {
    Pack<double> x[std::size_t{size}];
    const auto first = static_cast<std::uint64_t>(block * lanes);
    noise.draw(ChainDraws<double>(Rng{3}.stream(Purpose::user), first), 0, x);
    for (int lane = 0; lane < lanes; ++lane) {
      for (int i = 0; i < size; ++i) samples(block * lanes + lane, i) = x[i].lane(lane);
    }
  }
  return samples;
}

template <class Noise>
double log_density(const Noise& noise, std::initializer_list<double> x) {
  std::vector<Pack<double>> packs(x.begin(), x.end());
  return noise.log_density(packs.data()).lane(3);
}

}  // namespace

TEST_CASE("normal noise has the density of a normal distribution, and is drawn from it") {
  const NormalNoise<Shape<2>> noise({1, -2}, {0.5, 3});
  CHECK(log_density(noise, {1.5, 1}) ==
        Approx(-0.5 - 0.5 - std::log(0.5) - std::log(3) - 2 * log_root_two_pi).epsilon(1e-14));
  // Means and deviations of 16000 draws are within 4 of their own deviations; false alarms: 3 in
  // 10^4 seeds.
  const auto samples = drawn(noise, 1000);
  for (int i = 0; i < 2; ++i) {
    const double mean = i == 0 ? 1 : -2, deviation = i == 0 ? 0.5 : 3;
    CHECK(samples.col(i).mean() == Approx(mean).margin(4 * deviation / std::sqrt(16000)));
    CHECK(std::sqrt((samples.col(i).array() - mean).square().mean()) ==
          Approx(deviation).epsilon(4 / std::sqrt(32000)));
  }
}

TEST_CASE("normal noise of data has their means and deviations, feature by feature") {
  using Image = Shape<2, 1, 2>;  // features lie otherwise in memory
  Samples<double> data(2, 4);
  data << 1, 10, 100, 1000, 3, 14, 108, 1016;
  const auto noise = NormalNoise<Image>::of(data, 2);
  Pack<double> x[4];
  int feature = 0;
  const double means[] = {2, 12, 104, 1008}, deviations[] = {2, 4, 8, 16};
  double expected = 0;
  Image::for_each_feature([&](int element) {
    x[element] = Pack<double>(means[feature] + deviations[feature]);
    expected -= 0.5 + std::log(deviations[feature]) + log_root_two_pi;
    ++feature;
  });
  CHECK(noise.log_density(x).lane(0) == Approx(expected));
}

TEST_CASE("uniform noise fills its box, and has no density outside") {
  const UniformNoise<Shape<5>> noise(-1, 3);
  CHECK(log_density(noise, {-1, 0, 1, 2, 3}) == Approx(-5 * std::log(4)));
  CHECK(std::isinf(log_density(noise, {-1, 0, 1, 2, 3.1})));
  CHECK(std::isinf(log_density(noise, {-1.1, 0, 1, 2, 3})));
  const auto samples = drawn(noise, 100);
  for (int i = 0; i < 5; ++i) {
    CHECK(samples.col(i).minCoeff() >= -1);
    CHECK(samples.col(i).maxCoeff() <= 3);
    // 4 deviations of the mean, and of the mean square; false alarms: 6 in 10^4 seeds.
    CHECK(samples.col(i).mean() == Approx(1).margin(4 * 4 / std::sqrt(12 * 1600)));
    CHECK((samples.col(i).array() - 1).square().mean() ==
          Approx(4.0 / 3).margin(4 * 4 * std::sqrt(4.0 / 45 / 1600)));
  }
}

TEST_CASE("the loss is the logistic regression's, and its gradient its finite differences") {
  const auto energy = reference_energy();
  const auto x = random_samples<double>(21, 2, 1);
  const UniformNoise<Shape<2>> noise(-1.5, 1.5);
  const NoiseContrastive loss(noise, {.noise_samples = 3});
  const auto result = judged(energy, loss, x, no_samples(x)).result;
  const double log_noise = std::log(3) - 2 * std::log(3);
  const auto of_data =
      (1 + (energies(energy, x).array() + log_noise).exp()).log().mean();  // e^-G = e^E nu p_n
  CHECK(result.loss.parts[0] == Approx(of_data).epsilon(1e-12));
  CHECK(result.loss.total == Approx(result.loss.parts[0] + result.loss.parts[1]));
  CHECK(result.data_score == Approx(scores(energy, x).mean()));

  CHECK(gradient_error(energy, loss, x, no_samples(x)) < 1e-6);
  using WithClass =
      Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Swish, Linear<1>>;
  const auto pairs = random_samples<double>(5, 7, 1);
  const NoiseContrastive with_class(NormalNoise<WithClass::Input>::of(pairs, 1.5));
  CHECK(gradient_error(Neural<WithClass, double>(Rng{1}), with_class, pairs, no_samples(pairs)) <
        1e-6);
}

TEST_CASE("noise keeps the condition of its data") {
  // The energy is the condition alone, so that G differs by it.
  using Input = Conditioned<Shape<1>, Shape<1>>;
  const auto energy = expression<Input>(
      [](const auto& x, const auto& theta) { return theta[0] * x[1]; }, std::array{1.0});
  Samples<double> data(2, 2);
  data << 0, 1, 0, 2;
  const NoiseContrastive loss(UniformNoise<Input>(-0.5, 0.5));
  const auto result = judged(energy, loss, data, no_samples(data)).result;
  CHECK(result.loss.parts[1] ==
        Approx((std::log(1 + std::exp(-1)) + std::log(1 + std::exp(-2))) / 2));
}

TEST_CASE("noise contrast finds mean, deviation and the constant that normalises a Gaussian") {
  // The bounds are 5 deviations of the estimates, computed from their asymptotic covariance
  // H^-1 (V_data + V_noise) H^-1 / 4096 by quadrature: false alarms in less than 1 of 10^5 seeds.
  SECTION("in one dimension") {
    const double mean = 0.5, deviation = 0.8;
    auto energy = expression<Shape<1>>(
        [](const auto& x, const auto& theta) {
          return theta[0] * square(x[0]) + theta[1] * x[0] + theta[2];
        },
        std::array{0.5, 0.0, 0.0});
    const NoiseContrastive loss(NormalNoise<Shape<1>>({0}, {1.2}), {.noise_samples = 2});
    descend(energy, loss, normal_samples(4096, {mean}, {deviation}, 2), 0.5, 300);
    const auto theta = energy.parameters();
    CHECK(-theta[1] / (2 * theta[0]) == Approx(mean).margin(5 * 0.0150));
    CHECK(std::sqrt(1 / (2 * theta[0])) == Approx(deviation).margin(5 * 0.0102));
    CHECK(theta[2] - theta[1] * theta[1] / (4 * theta[0]) ==
          Approx(std::log(deviation) + log_root_two_pi).margin(5 * 0.0159));
  }
  SECTION("in two dimensions") {
    auto energy = expression<Shape<2>>(
        [](const auto& x, const auto& theta) {
          return theta[0] * square(x[0]) + theta[1] * square(x[1]) + theta[2] * x[0] +
                 theta[3] * x[1] + theta[4];
        },
        std::array{0.5, 0.5, 0.0, 0.0, 0.0});
    const NoiseContrastive loss(NormalNoise<Shape<2>>({0, 0}, {1.2, 1.2}), {.noise_samples = 2});
    descend(energy, loss, normal_samples(4096, {0.5, -0.3}, {0.8, 0.5}, 2), 1, 400);
    const auto theta = energy.parameters();
    CHECK(-theta[2] / (2 * theta[0]) == Approx(0.5).margin(5 * 0.0164));
    CHECK(-theta[3] / (2 * theta[1]) == Approx(-0.3).margin(5 * 0.0098));
    CHECK(std::sqrt(1 / (2 * theta[0])) == Approx(0.8).margin(5 * 0.0109));
    CHECK(std::sqrt(1 / (2 * theta[1])) == Approx(0.5).margin(5 * 0.0065));
    const double log_z =
        theta[4] - theta[2] * theta[2] / (4 * theta[0]) - theta[3] * theta[3] / (4 * theta[1]);
    CHECK(log_z == Approx(std::log(0.8 * 0.5) + 2 * log_root_two_pi).margin(5 * 0.0272));
  }
}

TEST_CASE("noise that fits no data, and data that fit no noise, are refused") {
  const auto message = [](const auto& f) { return message_of<InvalidArgument>(f); };
  using Noise = NormalNoise<Shape<2>>;
  CHECK(message([] { Noise({1}, {1, 1}); }) ==
        "NormalNoise: expected the means and deviations of 2 features, got 1 and 2");
  CHECK(message([] { Noise({1, std::nan("")}, {1, 1}); }) ==
        "NormalNoise: means must be finite, got nan");
  CHECK(message([] { Noise({1, 1}, {1, 0}); }) ==
        "NormalNoise: deviations must be > 0 and finite, got 0 for feature 1");
  CHECK(message([] { return Noise::of(Samples<double>(Samples<double>::Zero(1, 2))); }) ==
        "NormalNoise: expected at least two samples of 2 features, got 1 of 2");
  CHECK(message([] { UniformNoise<Shape<2>>(1, 1); }) ==
        "UniformNoise: low must be below high and both finite, got 1 and 1");
  const UniformNoise<Shape<2>> box(-1, 1);
  CHECK(message([&] { NoiseContrastive(box, {.noise_samples = 0}); }) ==
        "NoiseContrastive: noise_samples must be >= 1, got 0");
  const Samples<double> outside = Samples<double>::Constant(3, 2, 1.5);
  CHECK(message([&] {
          static_cast<void>(
              judged(reference_energy(), NoiseContrastive(box), outside, no_samples(outside)));
        }) ==
        "NoiseContrastive: a data sample lies where the noise has no density: widen the noise");
}
