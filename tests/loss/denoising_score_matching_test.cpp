// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<1, 6, 6>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                       GroupNorm<2>, Flatten, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Swish, Linear<1>>;

template <class E>
void check_gradient(E energy, const Samples<double>& data) {
  const DenoisingScoreMatching loss({.noise = 0.3});
  LossGradient<double> loss_gradient;
  Threads threads(2);
  std::vector<double> gradient(energy.parameters().size()), unused(gradient.size());
  const SampleDraws draws{Rng{5}, 1000};
  const auto loss_into = [&](std::vector<double>& into) {
    return loss_gradient(energy, loss, data, Samples<double>(0, data.cols()), threads,
                         std::span<double>(into), draws)
        .loss.total;
  };
  loss_into(gradient);
  CHECK(relative_error(gradient, central_differences(energy, [&] { return loss_into(unused); })) <
        1e-6);
}

}  // namespace

TEST_CASE("the gradient of denoising score matching is its finite differences") {
  check_gradient(Neural<Net, double>(Rng{1}), random_samples<double>(21, 36, 1));
  check_gradient(Neural<WithClass, double>(Rng{1}), random_samples<double>(5, 7, 1));
  check_gradient(Neural<Net, double>(Rng{1}) * Neural<Net, double>(Rng{2}),
                 random_samples<double>(5, 36, 1));
}

TEST_CASE("score matching finds the precision of a Gaussian with its noise") {
  // E = theta x^2 / 2; for data of variance v and noise s the minimum is at theta = 1 / (v + s^2).
  const double v = 0.09, s = 0.4;
  auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * square(x[0]) * 0.5f; },
      std::array{1.0f});
  Samples<float> data(4096, 1);
  for (Eigen::Index i = 0; i < data.rows(); ++i) {
    const ChainDraws<float, 1> draws(Rng{2}.stream(Purpose::user), static_cast<std::uint64_t>(i));
    data(i, 0) = static_cast<float>(std::sqrt(v)) * draws.normal(0, 0)[0].lane(0);
  }
  Serial serial;
  Trainer trainer(energy,
                  Recipe{.sampler = UnboundedLangevin(),
                         .loss = DenoisingScoreMatching{{.noise = s}},
                         .optimizer = Adam{{.learning_rate = 0.05, .beta1 = 0.9}},
                         .gradient_clip = NoGradientClip{},
                         .schedule = StepDecay{{.gamma = 0.8}},
                         .epochs = 20,
                         .data_noise = 0},
                  serial);
  trainer.fit(data);
  CHECK(energy.parameters()[0] == Approx(1 / (v + s * s)).epsilon(0.03));
}

TEST_CASE("noise that is none is refused") {
  CHECK(message_of<InvalidArgument>([] { DenoisingScoreMatching({.noise = 0}); }) ==
        "DenoisingScoreMatching: noise must be > 0 and finite, got 0");
}
