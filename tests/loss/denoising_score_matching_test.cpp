// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>
#include <set>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<1, 6, 6>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                       GroupNorm<2>, Flatten, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Swish, Linear<1>>;

}  // namespace

TEST_CASE("the gradient of denoising score matching is its finite differences") {
  const DenoisingScoreMatching loss({.noise = 0.3});
  const auto error = [&](const auto& energy, const Samples<double>& data) {
    return gradient_error(energy, loss, data, no_samples(data));
  };
  const Samples<double> images = random_samples<double>(21, 36, 1);
  CHECK(error(Neural<Net, double>(Rng{1}), images) < 1e-6);
  CHECK(error(Neural<WithClass, double>(Rng{1}), random_samples<double>(5, 7, 1)) < 1e-6);
  CHECK(error(Neural<Net, double>(Rng{1}) * Neural<Net, double>(Rng{2}), images) < 1e-6);
}

TEST_CASE("score matching finds the precision of a Gaussian with its noise") {
  // E = theta x^2 / 2; for data of variance v and noise s the minimum is at theta = 1 / (v + s^2).
  const double v = 0.09, s = 0.4;
  auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * square(x[0]) * 0.5f; },
      std::array{1.0f});
  const Samples<float> data = normal_samples(4096, {0}, {std::sqrt(v)}, 2).cast<float>();
  Serial serial;
  Trainer trainer(energy,
                  Recipe{.loss = DenoisingScoreMatching{{.noise = s}},
                         .optimizer = Adam{{.learning_rate = 0.05, .beta1 = 0.9}},
                         .gradient_clip = NoGradientClip{},
                         .schedule = StepDecay{{.gamma = 0.8}},
                         .epochs = 20,
                         .data_noise = 0},
                  serial);
  trainer.fit(data);
  CHECK(energy.parameters()[0] == Approx(1 / (v + s * s)).epsilon(0.03));
}

TEST_CASE("the gradient over noise levels is its finite differences") {
  using OfLevel =
      Sequential<Conditioned<Shape<4>, Shape<9>>, Linear<6>, AddCondition, Swish, Linear<1>>;
  using OfBoth =
      Sequential<Conditioned<Shape<4>, Shape<3 + 9>>, Linear<6>, AddCondition, Swish, Linear<1>>;
  const DenoisingScoreMatching loss(LogLogisticLevels{});
  const NoiseConditionalOptions options{.mean = 0.1, .deviation = 0.6, .gain = 2};
  const Samples<double> data = random_samples<double>(21, 4, 1),
                        with_class = random_samples<double>(21, 7, 1);
  CHECK(gradient_error(NoiseConditional<OfLevel, double>(options, Rng{1}), loss, data,
                       no_samples(data)) < 1e-6);
  CHECK(gradient_error(NoiseConditional<OfBoth, double>(options, Rng{1}), loss, with_class,
                       no_samples(with_class)) < 1e-6);
}

TEST_CASE(
    "the levels of a batch are quantiles of a cut-off logistic distribution, one in each range") {
  const LogLogisticLevelsOptions o{.median = 0.7, .spread = 0.6, .low = 0.05, .high = 10};
  const auto logistic = [&](double level) {
    return 1 / (1 + std::exp(-std::log(level / o.median) / o.spread));
  };
  const double low = logistic(o.low), high = logistic(o.high);
  constexpr int batch = 48;
  std::set<int> first_strata;
  for (const std::uint64_t iteration : {0U, 1U, 77U}) {
    std::set<int> strata;
    for (int block = 0; block < 3; ++block) {
      const auto first = iteration * batch + static_cast<std::uint64_t>(block) * lanes;
      const auto levels = LogLogisticLevels(o).draw<double>({Rng{8}, first}, batch);
      for (int lane = 0; lane < lanes; ++lane) {
        const double quantile = (logistic(levels.lane(lane)) - low) / (high - low);
        strata.insert(static_cast<int>(quantile * batch));
        if (block == 0 && lane == 0) first_strata.insert(static_cast<int>(quantile * batch));
      }
    }
    CHECK(strata.size() == batch);
    CHECK(*strata.begin() == 0);
    CHECK(*strata.rbegin() == batch - 1);
  }
  CHECK(first_strata.size() == 3);  // whose range is which changes
}

TEST_CASE("a weight of score matching over noise levels is one of its loss, not of its levels") {
  using Levels =
      Sequential<Conditioned<Shape<4>, Shape<9>>, Linear<6>, AddCondition, Swish, Linear<1>>;
  const NoiseConditional<Levels, double> energy({}, Rng{1});
  const Samples<double> data = random_samples<double>(20, 4, 1);
  const DenoisingScoreMatching loss(LogLogisticLevels{});
  const Judged plain = judged(energy, loss, data, no_samples(data));
  const Judged half = judged(energy, 0.5 * loss, data, no_samples(data));
  CHECK(half.result.loss.total == 0.5 * plain.result.loss.total);
  for (std::size_t i = 0; i < plain.gradient.size(); ++i) {
    CHECK(half.gradient[i] == Approx(0.5 * plain.gradient[i]));
  }
}

TEST_CASE("trained over noise levels, an energy has the slopes of data with each noise") {
  using Levels = Sequential<Conditioned<Shape<1>, Shape<9>>, Linear<24>, AddCondition, Swish,
                            Linear<24>, AddCondition, Swish, Linear<1>>;
  NoiseConditional<Levels> energy({.deviation = 1, .gain = 2}, Rng{1});
  Samples<float> data = Samples<float>::Ones(2048, 1);  // half -1, half 1
  data.topRows(1024) *= -1;
  Serial serial;
  Trainer trainer(energy,
                  Recipe{.loss = DenoisingScoreMatching(LogLogisticLevels({.low = 0.2})),
                         .optimizer = Adam{{.learning_rate = 1e-2, .beta1 = 0.9}},
                         .gradient_clip = GlobalNormClip{1},
                         .schedule = StepDecay{{.gamma = 0.96}},
                         .epochs = 120,
                         .data_noise = 0},
                  serial);
  trainer.fit(data);
  // Of N(-1, s^2) and N(1, s^2) together: dE/dx = (x - tanh(x / s^2)) / s^2.
  for (const double s : {0.3, 0.6, 1.5, 5.0}) {
    for (const double z : {-2.0, -0.7, 0.2, 1.0}) {
      CAPTURE(s, z);
      const double x = 1 + s * z;
      const Samples<float> here = Samples<float>::Constant(1, 1, static_cast<float>(x));
      const double slope = energy_gradients(at_level(energy, s), here)(0, 0);
      CHECK(s * slope == Approx((x - std::tanh(x / (s * s))) / s).margin(0.15));
    }
  }
}

TEST_CASE("noise that is none is refused") {
  CHECK(message_of<InvalidArgument>([] { DenoisingScoreMatching({.noise = 0}); }) ==
        "DenoisingScoreMatching: noise must be > 0 and finite, got 0");
  const auto message = [](const LogLogisticLevelsOptions& o) {
    return message_of<InvalidArgument>([&] { LogLogisticLevels{o}; });
  };
  CHECK(message({.median = 0}) == "LogLogisticLevels: median must be > 0 and finite, got 0");
  CHECK(message({.spread = -1}) == "LogLogisticLevels: spread must be > 0 and finite, got -1");
  CHECK(message({.low = 2, .high = 1}) ==
        "LogLogisticLevels: expected 0 < low < high, finite, got low 2 and high 1");
}
