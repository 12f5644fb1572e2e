// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Conditioned<Shape<4>, Shape<9>>, Linear<8>, AddCondition, Swish, Linear<1>>;

struct LastMetrics {
  Metrics metrics;
  template <class T>
  void on_epoch(T&, const EpochReport& report) {
    metrics = report.metrics;
  }
};

auto recipe() {
  return Recipe{.sampler = Annealed(power_levels({.count = 6})),
                .loss = DenoisingScoreMatching(LogLogisticLevels{}),
                .optimizer = Adam{{.learning_rate = 1e-2, .beta1 = 0.9}},
                .gradient_clip = GlobalNormClip{1},
                .epochs = 3,
                .batch = 16,
                .data_noise = 0};
}

}  // namespace

TEST_CASE("the loss of held-out data is that of the recipe, with the same draws in all epochs") {
  NoiseConditional<Net> model({}, Rng{1});
  Serial serial;
  Trainer trainer(model, recipe(), serial);
  const Samples<float> held_out = random_samples<float>(40, 4, 2);
  LastMetrics last;
  trainer.fit(random_samples<float>(64, 4, 1), ValidationLoss(held_out, Rng{3}), last);
  LossGradient<float> loss_gradient;
  std::vector<float> gradient(model.parameters().size());
  const double expected =
      loss_gradient(model, trainer.recipe().loss, held_out, Samples<float>(0, 4), serial,
                    std::span<float>(gradient), {Rng{3}, 0})
          .loss.total;
  CHECK(last.metrics.at("val_loss") == expected);
}

TEST_CASE("chains that are shown go down the levels of the recipe's sampler, from its noise") {
  NoiseConditional<Net> model({}, Rng{1});
  Serial serial;
  Trainer trainer(model, recipe(), serial);
  std::vector<Samples<float>> shown;
  trainer.fit(random_samples<float>(64, 4, 1),
              Generate({.chains = 3, .steps = 6, .snapshots = 2, .every = 3}, Rng{7},
                       [&](const EpochReport&, const auto& snapshots) { shown = snapshots; }));
  REQUIRE(shown.size() == 2);
  constexpr std::uint64_t first = std::uint64_t{1} << 63;
  CHECK(shown[1] == chain_ends(trainer.recipe().sampler, model,
                               noise_at_level(model, 10, 3, Rng{7}, first),
                               {.steps = 6, .rng = Rng{7}, .first_chain = first}));
}

TEST_CASE("chains of a classifier that are shown need no class") {
  using Logits =
      Sequential<Conditioned<Shape<4>, Shape<9>>, Linear<8>, AddCondition, Swish, Linear<3>>;
  NoiseConditional<Logits> model({}, Rng{1});
  Serial serial;
  Trainer trainer(model,
                  Recipe{.loss = DenoisingScoreMatching(LogLogisticLevels{}) +
                                 0.1 * CrossEntropy(LogLogisticLevels{}),
                         .epochs = 1,
                         .batch = 16,
                         .data_noise = 0},
                  serial);
  const Samples<float> data = random_samples<float>(32, 4, 1);
  const std::vector<int> labels(32, 2);
  const Annealed annealed(power_levels({.count = 6}));
  std::vector<Samples<float>> shown;
  trainer.fit(with_conditions(data, one_hot(std::span(labels), 3)),
              ValidationLoss(with_conditions(data, one_hot(std::span(labels), 3)), Rng{3},
                             DenoisingScoreMatching(LogLogisticLevels{})),
              Generate(
                  {.chains = 3, .steps = 6, .snapshots = 1, .every = 1}, Rng{7},
                  [&](const EpochReport& report, const auto& snapshots) {
                    CHECK(report.metrics.at("val_loss") > 0);
                    shown = snapshots;
                  },
                  annealed));
  constexpr std::uint64_t first = std::uint64_t{1} << 63;
  const Marginal of_samples(trainer.model());
  REQUIRE(shown.size() == 1);
  CHECK(shown[0] == chain_ends(annealed, of_samples,
                               noise_at_level(of_samples, 10, 3, Rng{7}, first),
                               {.steps = 6, .rng = Rng{7}, .first_chain = first}));
}

TEST_CASE("held-out data are at least one sample") {
  const Samples<float> none(0, 4);
  CHECK(message_of<InvalidArgument>([&] { ValidationLoss validation(none); }) ==
        "ValidationLoss: at least one sample of data expected");
}
