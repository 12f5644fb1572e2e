// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<2>, Linear<5>, Swish, Linear<1>>;

/// A loss of its own tape, beside which others use it too.
struct MeanEnergy {
  static constexpr bool wants_chains = false;

  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    const auto value = energy(block.tape.template input<typename E::Input>(block.x));
    block.tape.backward(value, in_rows(block, block.share));
    BatchResult result;
    result.loss.total = block.share * sum_of_rows(block, value.value());
    return result;
  }
};

/// What the last batch reported.
struct LastMetrics {
  Metrics metrics;

  template <class Trainer>
  void on_batch(const Trainer&, const BatchReport& report) {
    metrics = metrics_of(report);
  }
};

const auto all_kinds = ContrastiveDivergence({.alpha = 0.2}) + 0.3 * R2({.weight = 2}) +
                       2 * DenoisingScoreMatching({.noise = 0.5}) + 0.7 * MeanEnergy{};

}  // namespace

TEST_CASE("a sum of losses has their values and gradients, times their weights") {
  const Neural<Net, double> energy(Rng{1});
  const auto data = random_samples<double>(37, 2, 1), samples = random_samples<double>(21, 2, 2);
  const auto of_sum = judged(energy, all_kinds, data, samples);
  const auto none = no_samples(data);
  const std::vector alone{
      judged(energy, ContrastiveDivergence({.alpha = 0.2}), data, samples),
      judged(energy, R2({.weight = 2}), data, samples),
      judged(energy, DenoisingScoreMatching({.noise = 0.5}), data, none),
      judged(energy, MeanEnergy{}, data, none),
  };
  const std::vector weights{1.0, 0.3, 2.0, 0.7};
  double total = 0;
  std::vector<double> gradient(of_sum.gradient.size());
  for (std::size_t k = 0; k < alone.size(); ++k) {
    total += weights[k] * alone[k].result.loss.total;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] += weights[k] * alone[k].gradient[i];
    }
  }
  CHECK(of_sum.result.loss.total == Approx(total).epsilon(1e-13));
  CHECK(relative_error(of_sum.gradient, gradient) < 1e-12);
  CHECK(gradient_error(energy, all_kinds, data, samples) < 1e-6);

  const auto& parts = of_sum.result.loss.parts;
  CHECK(parts[0] == Approx(alone[0].result.loss.parts[0]));
  CHECK(parts[1] == Approx(alone[0].result.loss.parts[1]));
  CHECK(parts[2] == Approx(0.3 * alone[1].result.loss.total));
  CHECK(parts[3] == Approx(2 * alone[2].result.loss.total));
  CHECK(parts[4] == 0);
  CHECK(of_sum.result.data_score == alone[0].result.data_score);
  CHECK(of_sum.result.model_score == alone[0].result.model_score);
}

TEST_CASE("a sum of losses wants what one of them wants, and names all parts") {
  using All = std::remove_cvref_t<decltype(all_kinds)>;
  STATIC_REQUIRE(wants_chains<All>());
  STATIC_REQUIRE(wants_slopes<All>());
  const auto names = part_names<All>();
  CHECK(std::vector<std::string_view>(names.begin(), names.end()) ==
        std::vector<std::string_view>{"regularization", "contrastive_divergence",
                                      "gradient_penalty", "score_matching"});

  using OfData = decltype(R1() + DenoisingScoreMatching());
  STATIC_REQUIRE_FALSE(wants_chains<OfData>());
  STATIC_REQUIRE(wants_data<OfData>());
  STATIC_REQUIRE_FALSE(wants_slopes<decltype(2 * MeanEnergy{})>());
  STATIC_REQUIRE_FALSE(wants_data<decltype(2 * R2())>());
}

TEST_CASE("the scores of a sum are those of the first loss that judges their role") {
  const Neural<Net, double> energy(Rng{1});
  const auto data = random_samples<double>(5, 2, 1), samples = random_samples<double>(9, 2, 2);
  const auto result =
      judged(energy, 0.5 * R2() + ContrastiveDivergence() + MeanEnergy{}, data, samples).result;
  CHECK(result.data_score == Approx(scores(energy, data).mean()));
  CHECK(result.model_score == Approx(scores(energy, samples).mean()));
}

TEST_CASE("a sum of score losses is a score loss, and weights multiply") {
  const auto loss = 0.5 * (ContrastiveDivergence({.alpha = 0.5}) + 3 * Hinge({.margin = 2}));
  STATIC_REQUIRE(ScoreLoss<std::remove_cvref_t<decltype(loss)>>);
  for (const Role role : {Role::data, Role::model}) {
    const auto term = loss.term(0.7, role);
    const auto divergence = ContrastiveDivergence({.alpha = 0.5}).term(0.7, role);
    const auto hinge = Hinge({.margin = 2}).term(0.7, role);
    CHECK(term.total == Approx(0.5 * divergence.total + 1.5 * hinge.total));
    CHECK(term.parts[1] == Approx(0.5 * divergence.parts[1]));
    CHECK(term.parts[3] == Approx(1.5 * hinge.parts[1]));
    const double h = 1e-6;
    CHECK(loss.slope(0.7, role) ==
          Approx((loss.term(0.7 + h, role).total - loss.term(0.7 - h, role).total) / (2 * h)));
  }
}

TEST_CASE("training by three losses at once reports them all, and learns a Gaussian's precision") {
  // E = theta x^2 / 2, so that theta is the precision. Chains of step h end in the variance
  // 1 / (theta (1 - h theta / 2)); where it is that of data, contrastive divergence has no
  // gradient. The other two losses are too small to shift theta by more than 2 %.
  const double variance = 0.25, h = 0.05;
  auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * square(x[0]) * 0.5f; },
      std::array{1.0f});
  const Samples<float> data = normal_samples(4096, {0}, {std::sqrt(variance)}, 2).cast<float>();
  LastMetrics last;
  Serial serial;
  Trainer trainer(energy,
                  Recipe{.sampler = UnboundedLangevin{{.step_size = h, .noise = std::sqrt(2 * h)}},
                         .steps = 20,
                         .starts = FromData{},
                         .loss = ContrastiveDivergence<NoRegularizer>() + 1e-4 * GradientPenalty() +
                                 0.5 * DenoisingScoreMatching({.noise = 0.05}),
                         .optimizer = Adam{{.learning_rate = 0.1, .beta1 = 0.9}},
                         .gradient_clip = NoGradientClip{},
                         .schedule = StepDecay{{.gamma = 0.8}},
                         .epochs = 20,
                         .data_noise = 0},
                  serial);
  trainer.fit(data, last);
  // Of 4096 data the variance has a deviation of 2.2 %, and the last steps add about as much: 15 %
  // is exceeded with less than 1 in 10^4 seeds.
  const double theta = energy.parameters()[0];
  CHECK(1 / (theta * (1 - h * theta / 2)) == Approx(variance).epsilon(0.15));
  for (const char* name : {"loss_regularization", "loss_contrastive_divergence",
                           "loss_gradient_penalty", "loss_score_matching"}) {
    CHECK(std::isfinite(last.metrics.at(name)));
  }
}

TEST_CASE("a weight that is not above 0 is refused") {
  CHECK(message_of<InvalidArgument>([] { static_cast<void>(0 * R1()); }) ==
        "WeightedLosses: weights must be > 0 and finite, got 0");
  CHECK(message_of<InvalidArgument>([] { static_cast<void>(std::nan("") * R1()); }) ==
        "WeightedLosses: weights must be > 0 and finite, got nan");
}
