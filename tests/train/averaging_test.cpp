// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"
#include "support/relative_error.hpp"

// The caller's model is the trained one, `trainer.model()` the average.

namespace {

using ebm::BatchReport;
using ebm::ExponentialAverage;
using ebm::Neural;
using ebm::Recipe;
using ebm::Rng;
using ebm::Serial;
using ebm::State;
using ebm::Trainer;

using Model = Neural<ImageNet>;
constexpr double decay = 0.7;

/// `short_recipe` with an average: 2 epochs of 3 batches for 130 images.
template <class Optimizer = ebm::Adam<>>
auto averaging_recipe(Optimizer optimizer = Optimizer({.learning_rate = 1e-2})) {
  const Recipe<> plain = short_recipe(3);
  return Recipe<ebm::Langevin<>, ebm::FromReplayBuffer, ebm::ContrastiveDivergence<>, Optimizer,
                ebm::GlobalNormClip, ebm::StepDecay, ExponentialAverage>{
      .steps = plain.steps,
      .starts = plain.starts,
      .optimizer = optimizer,
      .averaging = ExponentialAverage({.decay = decay}),
      .epochs = plain.epochs,
      .batch = plain.batch,
      .rng = plain.rng};
}

template <class M>
std::vector<float> parameters_of(const M& model) {
  return {model.parameters().begin(), model.parameters().end()};
}

/// Averages by hand what the caller's model is after each update.
struct ByHand {
  const Model* model;
  std::vector<std::vector<float>> updates{};

  template <class T>
  void on_batch(T&, const BatchReport&) {
    updates.push_back(parameters_of(*model));
  }

  [[nodiscard]] std::vector<double> average() const {
    std::vector<double> sum(updates.front().size());
    double weights = 0;
    for (const auto& update : updates) {
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = decay * sum[i] + update[i];
      weights = decay * weights + 1;
    }
    for (double& value : sum) value /= weights;
    return sum;
  }
};

struct StopAfter {
  std::int64_t iterations;
  template <class T>
  void on_batch(T& trainer, const BatchReport& report) const {
    if (report.iteration == iterations) trainer.stop();
  }
};

/// Sees trouble in the second epoch.
struct TroubleAt5 {
  template <class T>
  ebm::Trouble on_batch(T&, const BatchReport& report) const {
    return report.iteration == 5 ? ebm::Trouble("step 5 is bad") : ebm::Trouble();
  }
  [[nodiscard]] static bool is_calm() { return true; }
  [[nodiscard]] static State state() { return {}; }
  static void restore(const State&) {}
};

/// The average at the end of the first epoch.
struct FirstAverage {
  std::vector<float>* parameters;
  template <class T>
  void on_epoch(T& trainer, const ebm::EpochReport& report) const {
    if (report.epoch == 1) *parameters = parameters_of(trainer.model());
  }
};

}  // namespace

TEST_CASE("a training hands out the average of its updates, and the caller's model has the last") {
  Serial executor;
  Model model(Rng{3});
  Trainer trainer(model, averaging_recipe(), executor);
  ByHand by_hand{&model};
  trainer.fit(images(130), by_hand);
  CHECK(by_hand.updates.size() == 6);
  CHECK(relative_error(parameters_of(trainer.model()), by_hand.average()) < 1e-7);
  CHECK(parameters_of(model) == by_hand.updates.back());
  CHECK(parameters_of(trainer.model()) != parameters_of(model));
}

TEST_CASE("averaging changes nothing of the training itself") {
  Serial executor;
  auto recipe = averaging_recipe();
  Model averaged(Rng{3}), plain(Rng{3});
  Trainer trainer(averaged, recipe, executor);
  trainer.fit(images(130));
  Recipe without = short_recipe(3);
  without.optimizer = recipe.optimizer;
  Trainer other(plain, without, executor);
  other.fit(images(130));
  CHECK(parameters_of(averaged) == parameters_of(plain));
  CHECK(trainer.buffer().state() == other.buffer().state());
}

TEST_CASE("before the first update a training hands out the model as it is") {
  Serial executor;
  Model model(Rng{3});
  const Trainer trainer(model, averaging_recipe(), executor);
  const Model& handed_out = trainer.model();
  CHECK(parameters_of(handed_out) == parameters_of(model));
  model.change_parameters([](auto p) { p[0] = 7; });
  CHECK(&trainer.model() == &handed_out);
  CHECK(parameters_of(handed_out) == parameters_of(model));
}

TEST_CASE("callbacks see the average: validation scores by it") {
  struct HandedOut {
    std::vector<double>* scores;
    const ebm::Samples<float>* samples;
    void on_epoch(Trainer<Model, decltype(averaging_recipe())>& trainer,
                  const ebm::EpochReport&) const {
      scores->push_back(-ebm::energies(trainer.model(), *samples).cast<double>().mean());
    }
  };
  struct Reported {
    std::vector<double>* scores;
    void on_epoch(Trainer<Model, decltype(averaging_recipe())>&,
                  const ebm::EpochReport& report) const {
      scores->push_back(report.metrics.at("val_real_out"));
    }
  };
  Serial executor;
  Model model(Rng{3});
  Trainer trainer(model, averaging_recipe(), executor);
  const auto test = images(30), noise = ebm::uniform_noise(20, 36, Rng{5});
  std::vector<double> by_model, reported;
  trainer.fit(images(130), ebm::Validation(test, noise), HandedOut{&by_model, &test},
              Reported{&reported});
  CHECK(by_model.size() == 2);
  CHECK(relative_error(reported, by_model) < 1e-6);
  CHECK(reported.back() != Approx(-ebm::energies(model, test).cast<double>().mean()));
}

TEST_CASE("a run with an average goes on to the same state and the same model") {
  Serial executor;
  const auto recipe = averaging_recipe();
  Model model(Rng{3});
  Trainer uninterrupted(model, recipe, executor);
  uninterrupted.fit(images(130));
  for (int iterations = 1; iterations <= 6; ++iterations) {
    CAPTURE(iterations);
    Model first(Rng{3}), second(Rng{9});
    Trainer stopped(first, recipe, executor), resumed(second, recipe, executor);
    stopped.fit(images(130), StopAfter{iterations});
    static_cast<void>(resumed.model());  // so that restoring it has something to put right
    resumed.restore(stopped.state());
    CHECK(parameters_of(resumed.model()) == parameters_of(stopped.model()));
    resumed.fit(images(130));
    CHECK(resumed.state() == uninterrupted.state());
    CHECK(parameters_of(resumed.model()) == parameters_of(uninterrupted.model()));
  }
}

TEST_CASE("a second fit goes on from the trained parameters, not from the average") {
  Serial executor;
  Model model(Rng{3}), other(Rng{3});
  Trainer twice(model, averaging_recipe(), executor), once(other, averaging_recipe(), executor);
  twice.fit(images(130), StopAfter{4});
  static_cast<void>(twice.model());
  twice.fit(images(130));
  once.fit(images(130));
  CHECK(twice.state() == once.state());
}

TEST_CASE("what is rolled back leaves the average") {
  Serial executor;
  Model model(Rng{3});
  Trainer trainer(model, averaging_recipe(), executor);
  const State start = trainer.state();
  trainer.fit(images(130), StopAfter{2});
  const State good = trainer.state();
  const auto average = parameters_of(trainer.model());
  trainer.fit(images(130), StopAfter{5});
  CHECK(parameters_of(trainer.model()) != average);
  trainer.roll_back(good);
  CHECK(parameters_of(trainer.model()) == average);
  trainer.roll_back(start);  // the average is empty again
  CHECK(parameters_of(trainer.model()) == parameters_of(model));
  ByHand by_hand{&model};
  trainer.fit(images(130), by_hand);
  CHECK(relative_error(parameters_of(trainer.model()), by_hand.average()) < 1e-7);
}

TEST_CASE("a divergence guard puts the average back too") {
  Serial executor;
  Model model(Rng{3});
  Trainer trainer(model, averaging_recipe(), executor);
  std::vector<float> after_first_epoch;
  ebm::DivergenceGuard guard(TroubleAt5(), ebm::LowerLearningRate(), {.attempts = 0});
  CHECK_THROWS_AS(trainer.fit(images(130), FirstAverage{&after_first_epoch}, guard), ebm::Diverged);
  CHECK(parameters_of(trainer.model()) == after_first_epoch);
}

TEST_CASE("an update that is taken back never enters the average") {
  /// Adds 1 to all parameters, but makes the first one infinite in the third step.
  struct Explosive {
    int* steps;
    void step(std::span<float> parameters, std::span<const float>, double) const {
      for (float& p : parameters) p += 1;
      if (++*steps == 3) parameters[0] = std::numeric_limits<float>::infinity();
    }
    [[nodiscard]] static double learning_rate() { return 1; }
  };
  struct GoOn {
    int* times;
    bool on_diverged(Trainer<Model, decltype(averaging_recipe(Explosive{nullptr}))>&,
                     const ebm::Diverged&) const {
      ++*times;
      return true;
    }
  };
  Serial executor;
  Model model(Rng{3});
  int steps = 0, diverged = 0;
  Trainer trainer(model, averaging_recipe(Explosive{&steps}), executor);
  ByHand by_hand{&model};
  trainer.fit(images(130), by_hand, GoOn{&diverged});
  CHECK(diverged == 1);
  CHECK(by_hand.updates.size() == 6);
  CHECK(relative_error(parameters_of(trainer.model()), by_hand.average()) < 1e-7);
}

TEST_CASE("a state with an average and a recipe without one refuse each other, and the reverse") {
  Serial executor;
  Model model(Rng{3}), other(Rng{3});
  Trainer averaging(model, averaging_recipe(), executor);
  Trainer plain(other, short_recipe(3), executor);
  averaging.fit(images(130), StopAfter{1});
  plain.fit(images(130), StopAfter{1});
  const State with = averaging.state(), without = plain.state();
  CHECK(message_of<ebm::Error>([&] { plain.restore(with); }) ==
        "NoAverage: the state has averaged parameters; expected a state without");
  CHECK(plain.state() == without);
  CHECK(message_of<ebm::Error>([&] { averaging.restore(without); }) ==
        "State: there is no entry 'average.mean'");
  CHECK(averaging.state() == with);
}

TEST_CASE("without an average a training keeps none: no memory, no state, no second model") {
  struct Two {
    ebm::ReplayBuffer<float> starts;
    ebm::Adam<> optimizer;
  };
  using Average = ebm::NoAverage::Average<float>;
  STATIC_REQUIRE(sizeof(ebm::TrainingMemory<ebm::ReplayBuffer<float>, ebm::Adam<>, Average>) ==
                 sizeof(Two));
  STATIC_REQUIRE(std::is_empty_v<ebm::AveragedModel<Model, ebm::NoAverage>>);
  Serial executor;
  Model model(Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  trainer.fit(images(130));
  CHECK(&trainer.model() == &model);
  CHECK(trainer.state().part("average").values().empty());
}
