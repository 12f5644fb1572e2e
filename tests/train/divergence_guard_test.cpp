// SPDX-License-Identifier: MIT
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"

namespace {

using ebm::BatchReport;
using ebm::DivergenceGuard;
using ebm::EpochReport;
using ebm::GuardEvent;
using ebm::Neural;
using ebm::Serial;
using ebm::State;
using ebm::Trainer;
using ebm::Trouble;

using ImageTrainer = Trainer<Neural<ImageNet>>;

/// Sees trouble at some steps, counted over all that are made.
struct TroubleAt {
  std::vector<std::int64_t> iterations;
  template <class T>
  Trouble on_batch(T&, const BatchReport& report) const {
    for (const auto iteration : iterations) {
      if (report.iteration == iteration) return "step " + std::to_string(iteration) + " is bad";
    }
    return {};
  }
  [[nodiscard]] static bool is_calm() { return true; }
  [[nodiscard]] static State state() { return {}; }
  static void restore(const State&) {}
};

/// What happened, a line each.
struct Story {
  std::vector<std::string> lines;

  ebm::DivergenceGuardOptions options(int attempts) {
    return {.attempts = attempts, .report = [this](const GuardEvent& event) {
              lines.push_back(std::to_string(event.iteration) + ", epoch " +
                              std::to_string(event.epoch) + ": " + event.what + ": " +
                              event.action);
            }};
  }
  template <class T>
  void on_epoch(T& trainer, const EpochReport& report) {
    lines.push_back("epoch " + std::to_string(report.epoch) + " ends at " +
                    std::to_string(report.iteration) + " with rate " +
                    ebm::sentence(trainer.learning_rate_factor()));
  }
};

/// A trainer as far as it is looked at.
struct OnlyBuffer {
  using value_type = float;
  ebm::ReplayBuffer<float> kept{36, {.capacity = 40}};
  ebm::Recipe<> tutorial;
  [[nodiscard]] const auto& buffer() const { return kept; }
  [[nodiscard]] const auto& recipe() const { return tutorial; }
};

BatchReport batch_of(std::int64_t iteration, double data_score, double model_score) {
  BatchReport report;
  report.iteration = iteration;
  report.result.data_score = data_score;
  report.result.model_score = model_score;
  return report;
}

EpochReport epoch_of(double value) {
  EpochReport report;
  report.metrics.set("val_contrastive_divergence", value);
  return report;
}

}  // namespace

TEST_CASE("training in trouble goes back to the last good epoch with a lower rate") {
  Serial executor;
  Neural<ImageNet> model(ebm::Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  Story story;
  DivergenceGuard guard(TroubleAt{{2, 7}}, ebm::LowerLearningRate{.factor = 0.5}, story.options(3));
  trainer.fit(images(130), guard, story);
  CHECK(story.lines ==
        std::vector<std::string>{
            "2, epoch 1: step 2 is bad: put back to the start; the learning rate is multiplied "
            "with 0.5 from here",
            "epoch 1 ends at 5 with rate 0.5",
            "7, epoch 2: step 7 is bad: put back to the end of epoch 1; the learning rate is "
            "multiplied with 0.25 from here",
            "epoch 2 ends at 10 with rate 0.25"});
  CHECK(guard.times() == 2);
}

TEST_CASE("what a detection knew at the last good epoch, it knows again after it") {
  struct AtTheFifth {
    std::int64_t seen = 0;
    Trouble on_batch(ImageTrainer&, const BatchReport&) {
      return ++seen == 5 ? Trouble("the fifth") : Trouble();
    }
    [[nodiscard]] static bool is_calm() { return true; }
    [[nodiscard]] State state() const {
      State state;
      state.put("seen", seen);
      return state;
    }
    void restore(const State& state) { seen = state.get<std::int64_t>("seen"); }
  };
  Serial executor;
  Neural<ImageNet> model(ebm::Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  Story story;
  DivergenceGuard guard(AtTheFifth(), {}, story.options(1));
  CHECK_THROWS_AS(trainer.fit(images(130), guard), ebm::Diverged);
  REQUIRE(story.lines.size() == 2);
  CHECK(story.lines[0].starts_with("5, epoch 2: the fifth: put back to the end of epoch 1"));
  CHECK(story.lines[1].starts_with("7, epoch 2: the fifth: gave up"));  // three are seen already
}

TEST_CASE("a guard gives up with a verdict and leaves the last good state") {
  Serial executor;
  Neural<ImageNet> model(ebm::Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  Story story;
  State good;
  struct Keep {
    State* state;
    void on_epoch(ImageTrainer& trainer, const EpochReport&) const { *state = trainer.state(); }
  };
  DivergenceGuard guard(TroubleAt{{4, 5}}, {}, story.options(1));
  CHECK(message_of<ebm::Diverged>([&] { trainer.fit(images(130), guard, Keep{&good}); }) ==
        "training diverged in epoch 2: step 5 is bad; it was put back 1 times before, so this is "
        "given up; the last good state is the end of epoch 1");
  REQUIRE(story.lines.size() == 2);
  CHECK(story.lines[1] ==
        "5, epoch 2: step 5 is bad: gave up; the last good state is the end of epoch 1");
  const State state = trainer.state();
  CHECK(state.part("buffer") == good.part("buffer"));
  CHECK(state.get<float>("parameters", 77)[5] == good.get<float>("parameters", 77)[5]);
}

TEST_CASE("a guard that has put back more often than it may gives up, at a rate that is a number") {
  Serial executor;
  Neural<ImageNet> model(ebm::Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  Story story;
  DivergenceGuard guard(TroubleAt{{2}}, {}, story.options(5));
  State state;
  const State fresh = guard.state();
  for (const auto& [name, values] : fresh.values()) {
    if (name != "times") state.put(name, values);
  }
  state.put("times", std::int64_t{2147483646});
  guard.restore(state);
  CHECK_THROWS_AS(trainer.fit(images(130), guard), ebm::Diverged);
  CHECK(trainer.learning_rate_factor() == 1e-300);
  CHECK(guard.times() == 2147483646);
}

TEST_CASE("numbers that stop being finite are trouble, and more steps may be the reaction") {
  auto energy = ebm::expression<ebm::Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * ebm::square(x[0]); },
      std::array{1.0f});
  Serial executor;
  const ebm::UnboundedLangevin unstable({.step_size = 10});
  Trainer trainer(energy, ebm::Recipe{.sampler = unstable, .steps = 300, .batch = 8}, executor);
  Story story;
  DivergenceGuard guard(ebm::AnyOf<>(), ebm::MoreSteps({.factor = 2, .most = 1000}),
                        story.options(2));
  CHECK_THROWS_AS(trainer.fit(ebm::Samples<float>::Ones(8, 1), guard), ebm::Diverged);
  REQUIRE(story.lines.size() == 3);
  CHECK(story.lines[0] ==
        "1, epoch 1: Trainer: the chains are not finite in epoch 1, batch 1: a lower learning "
        "rate or stronger regulariser may help: put back to the start; chains have 600 steps from "
        "here");
  CHECK(story.lines[1].ends_with("chains have 1000 steps from here"));
  CHECK(energy.parameters()[0] == 1);
}

TEST_CASE("more steps are never fewer") {
  struct {
    int steps = 0;
    [[nodiscard]] static ebm::Recipe<> recipe() { return {.steps = 1500}; }
    void set_steps(int number) { steps = number; }
  } trainer;
  const ebm::MoreSteps reaction({.factor = 2, .most = 1000});
  CHECK(reaction.apply(trainer, 1) == "chains have 1500 steps from here");
  CHECK(trainer.steps == 1500);
}

TEST_CASE("a guarded run that was stopped goes on to the same state") {
  const auto guard_of = [](Story& story) {
    return DivergenceGuard(TroubleAt{{2, 7}}, ebm::LowerLearningRate{}, story.options(3));
  };
  struct StopAfter {
    std::int64_t iterations;
    void on_batch(ImageTrainer& trainer, const BatchReport& report) const {
      if (report.iteration == iterations) trainer.stop();
    }
  };
  Serial executor;
  const auto end_of = [&](ImageTrainer& trainer, auto& guard) {
    State all;
    all.put("trainer", trainer.state());
    all.put("guard", guard.state());
    return all;
  };
  Story story;
  Neural<ImageNet> model(ebm::Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  auto guard = guard_of(story);
  trainer.fit(images(130), guard);
  const State end = end_of(trainer, guard);
  for (std::int64_t stop = 1; stop < 10; ++stop) {
    CAPTURE(stop);
    Neural<ImageNet> first_model(ebm::Rng{3}), second_model;
    Trainer first(first_model, short_recipe(3), executor);
    Trainer second(second_model, short_recipe(3), executor);
    auto first_guard = guard_of(story), second_guard = guard_of(story);
    first.fit(images(130), StopAfter{stop}, first_guard);
    second.restore(first.state());
    second_guard.restore(first_guard.state());
    second.fit(images(130), second_guard);
    CHECK(end_of(second, second_guard) == end);
  }
}

TEST_CASE("chains are stuck once their scores lie far below the data's for long") {
  int trainer = 0;
  ebm::StuckChains detection({.gap = 1, .batches = 10});
  std::int64_t step = 0;
  for (int i = 0; i < 100; ++i) {  // as far apart, but above
    CHECK_FALSE(detection.on_batch(trainer, batch_of(++step, 0, 5)));
  }
  detection = ebm::StuckChains({.gap = 1, .batches = 10});
  CHECK(detection.is_calm());
  int until = 0;
  Trouble trouble;
  while (!trouble) {
    trouble = detection.on_batch(trainer, batch_of(++step, 3, 1));
    ++until;
  }
  CHECK(until == 10);  // 2 (1 - 0.9^7) > 1, but it looks at ten batches at least
  CHECK(trouble->starts_with("the chains' scores are 1.3"));
  CHECK_FALSE(detection.is_calm());
  ebm::StuckChains other({.gap = 1, .batches = 10});
  other.restore(detection.state());
  CHECK(other.on_batch(trainer, batch_of(++step, 3, 1)).has_value());
  State long_ago;
  long_ago.put("mean", 0.0);
  long_ago.put("seen", std::int64_t{2147483646});
  other.restore(long_ago);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(other.on_batch(trainer, batch_of(++step, 0, 5)));
  CHECK(other.state().get<std::int64_t>("seen") == 10);  // more is the same
}

TEST_CASE("scores are flat once data and chains have the same one for some batches") {
  int trainer = 0;
  ebm::FlatScores detection({.share = 1e-4, .least = 1e-6, .batches = 3});
  CHECK_FALSE(detection.on_batch(trainer, batch_of(1, 2, 2)));
  CHECK_FALSE(detection.is_calm());
  CHECK_FALSE(detection.on_batch(trainer, batch_of(2, -3e-8, -3e-8)));
  CHECK_FALSE(detection.on_batch(trainer, batch_of(3, 2, 2.001)));  // alike, but alive
  CHECK(detection.is_calm());
  CHECK_FALSE(detection.on_batch(trainer, batch_of(4, 0, 0)));
  CHECK_FALSE(detection.on_batch(trainer, batch_of(5, -4e-8, 5e-7)));  // what is left is rounding
  ebm::FlatScores other({.batches = 3});
  other.restore(detection.state());
  CHECK(other.on_batch(trainer, batch_of(6, -0.5, -0.5)) ==
        "the network gives data and chains the same score, -0.5, for 3 batches in a row: it has "
        "died");
}

TEST_CASE("divergence has risen once it is far above its best for some epochs") {
  int trainer = 0;
  ebm::RisingDivergence detection({.tolerance = 0.25, .least = 0.5, .patience = 2});
  for (const double value : {5.0, 0.0, -10.0, -7.6, -10.2}) {  // a quarter of 10 is let pass
    CHECK_FALSE(detection.on_epoch(trainer, epoch_of(value)));
    CHECK(detection.is_calm());
  }
  CHECK_FALSE(detection.on_epoch(trainer, epoch_of(-7)));
  CHECK_FALSE(detection.is_calm());
  CHECK(detection.on_epoch(trainer, epoch_of(-7)) ==
        "val_contrastive_divergence is -7 and was -10.2 at best, 2 epochs in a row");
  ebm::RisingDivergence other;
  other.restore(detection.state());
  CHECK(other.on_epoch(trainer, epoch_of(-7)).has_value());
}

TEST_CASE("chains are saturated once they lie at the ends of the domain as the data never do") {
  OnlyBuffer trainer;
  ebm::SaturatedChains detection({.data_share = 0.8, .every = 2, .looks = 2});
  std::int64_t step = 0;
  const auto steps_until_trouble = [&](const ebm::Samples<float>& chains) {
    trainer.kept.push(chains);
    for (int i = 1; i <= 20; ++i) {
      if (detection.on_batch(trainer, batch_of(++step, 0, 0))) return i;
    }
    return 0;
  };
  CHECK(steps_until_trouble(images(40)) == 0);
  ebm::Samples<float> ends = ebm::Samples<float>::Ones(40, 36);
  ends.col(0).setConstant(-0.99f);
  CHECK(ebm::share_at_edge<float>(ends) == 1);
  CHECK(steps_until_trouble(ends) == 4);
  detection = ebm::SaturatedChains({.data_share = 0.8, .every = 2, .looks = 2});
  ends.leftCols(2).setZero();  // 5.6 % inside, a quarter of the data's 20 % are 5 %
  CHECK(ebm::share_at_edge<float>(ends) == Approx(1 - 2 / 36.0));
  CHECK(steps_until_trouble(ends) == 0);
}

TEST_CASE("of several detections the first that sees trouble speaks, and all of them look") {
  int trainer = 0;
  ebm::AnyOf detection(ebm::StuckChains({.gap = 1, .batches = 1}),
                       ebm::StuckChains({.gap = 2, .batches = 1}), ebm::RisingDivergence());
  CHECK(detection.on_batch(trainer, batch_of(1, 3, 0)) ==
        "the chains' scores are 3 below the data's over the last 1 batches");
  CHECK_FALSE(detection.is_calm());
  ebm::AnyOf other(ebm::StuckChains({.gap = 9, .batches = 1}),
                   ebm::StuckChains({.gap = 2, .batches = 1}), ebm::RisingDivergence());
  other.restore(detection.state());
  CHECK(other.state() == detection.state());
  CHECK_FALSE(other.on_epoch(trainer, epoch_of(1)));
}

TEST_CASE("detections, reactions and guards that make no sense are refused") {
  using ebm::InvalidArgument;
  CHECK(message_of<InvalidArgument>([] { ebm::StuckChains({.gap = 0}); }) ==
        "StuckChains: gap must be > 0, got 0");
  CHECK(message_of<InvalidArgument>([] { ebm::FlatScores({.share = 0}); }) ==
        "FlatScores: share must be > 0, got 0");
  CHECK(message_of<InvalidArgument>([] { ebm::FlatScores({.least = -1}); }) ==
        "FlatScores: least must be >= 0, got -1");
  CHECK(message_of<InvalidArgument>([] { ebm::RisingDivergence({.patience = 0}); }) ==
        "RisingDivergence: patience must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([] { ebm::SaturatedChains({.data_share = 1.5}); }) ==
        "SaturatedChains: data_share must be in [0, 1], got 1.5");
  CHECK(message_of<InvalidArgument>([] { ebm::MoreSteps({.factor = 1}); }) ==
        "MoreSteps: factor must be >= 2 and most >= 1, got 1 and 1000");
  CHECK(message_of<ebm::InvalidArgument>([] {
          DivergenceGuard(ebm::AnyOf<>(), {}, {.attempts = -1});
        }) == "DivergenceGuard: attempts must be >= 0, got -1");
}
