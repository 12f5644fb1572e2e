// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"

namespace {

using ebm::Neural;
using ebm::Recipe;
using ebm::Rng;
using ebm::Serial;
using ebm::State;
using ebm::Trainer;

/// Stops training after a number of steps, counted over all epochs.
struct StopAfter {
  std::int64_t iterations;
  template <class T>
  void on_batch(T& trainer, const ebm::BatchReport& report) const {
    if (report.iteration == iterations) trainer.stop();
  }
};

struct Reports {
  std::vector<ebm::EpochReport> epochs;
  template <class T>
  void on_epoch(T&, const ebm::EpochReport& report) {
    epochs.push_back(report);
  }
};

struct Rates {
  std::vector<double>* rates;
  template <class T>
  void on_batch(T&, const ebm::BatchReport& report) const {
    rates->push_back(report.learning_rate);
  }
};

template <class Executor>
State state_after(int iterations, Executor& executor) {
  Neural<ImageNet> model(Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  trainer.fit(images(130), StopAfter{iterations});
  return trainer.state();
}

}  // namespace

TEST_CASE("a run that was stopped anywhere goes on in another trainer to the same state") {
  Serial serial;
  const State uninterrupted = state_after(-1, serial);
  for (int iterations = 1; iterations <= 6; ++iterations) {
    CAPTURE(iterations);
    ebm::Threads threads(1 + iterations % 3);
    const State stopped = state_after(iterations, threads);
    Neural<ImageNet> model(Rng{9});
    Trainer trainer(model, short_recipe(3), serial);
    trainer.restore(stopped);
    CHECK(trainer.state() == stopped);
    trainer.fit(images(130));
    CHECK(trainer.is_finished());
    CHECK(trainer.state() == uninterrupted);
  }
}

TEST_CASE("a run that was stopped in its warm-up or decay goes on to the same state") {
  const ebm::Recipe defaults = short_recipe(3);
  const Recipe recipe{.steps = defaults.steps,
                      .starts = defaults.starts,
                      .schedule = ebm::WarmUp({.iterations = 3}, ebm::CosineDecay()),
                      .epochs = defaults.epochs,
                      .batch = defaults.batch,
                      .rng = defaults.rng};
  Serial executor;
  std::vector<double> expected;
  Neural<ImageNet> model(Rng{3});
  Trainer uninterrupted(model, recipe, executor);
  uninterrupted.fit(images(130), Rates{&expected});
  REQUIRE(expected.size() == 6);
  CHECK(expected[0] == Approx(1e-4 / 3));
  CHECK(expected[2] == 1e-4);
  CHECK(expected[4] == Approx(0.75e-4));  // a third of the three iterations that are left

  for (const std::int64_t iterations : {1, 2, 3, 5}) {
    CAPTURE(iterations);
    std::vector<double> rates;
    Neural<ImageNet> first(Rng{3}), second;
    Trainer stopped(first, recipe, executor), resumed(second, recipe, executor);
    stopped.fit(images(130), Rates{&rates}, StopAfter{iterations});
    resumed.restore(stopped.state());
    resumed.fit(images(130), Rates{&rates});
    CHECK(rates == expected);
    CHECK(resumed.state() == uninterrupted.state());
  }

  // What is taken back is done again at its own rate, whatever number the iteration has then.
  std::vector<double> rates;
  Neural<ImageNet> again;
  Trainer rolled_back(again, recipe, executor);
  const State start = rolled_back.state();
  rolled_back.fit(images(130), Rates{&rates}, StopAfter{2});
  rolled_back.roll_back(start);
  rates.clear();
  rolled_back.fit(images(130), Rates{&rates});
  CHECK(rates == expected);
}

TEST_CASE("a state saved after the last batch of an epoch goes on with the end of the epoch") {
  struct Save {
    State* state;
    void on_batch(Trainer<Neural<ImageNet>>& trainer, const ebm::BatchReport& report) const {
      if (report.iteration == 3) *state = trainer.state();
    }
  };
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  State saved;
  Reports reports;
  trainer.fit(images(130), Save{&saved}, reports);
  const State end = trainer.state();

  Reports first, again;  // every callback sees it
  trainer.restore(saved);
  trainer.fit(images(130), first, again);
  CHECK(first.epochs.size() == 2);
  CHECK(trainer.state() == end);
  REQUIRE(again.epochs.size() == 2);
  CHECK(again.epochs[0].epoch == 1);
  CHECK(again.epochs[0].iteration == 3);
  CHECK(again.epochs[0].mean.loss.total == reports.epochs[0].mean.loss.total);
  CHECK(again.epochs[1].gradient_norm == reports.epochs[1].gradient_norm);
}

TEST_CASE("an epoch's means are over all its batches, also those before an interruption") {
  Serial executor;
  Reports whole, interrupted;
  {
    Neural<ImageNet> model(Rng{3});
    Trainer trainer(model, short_recipe(3), executor);
    trainer.fit(images(130), whole);
  }
  Neural<ImageNet> model(Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  trainer.fit(images(130), StopAfter{2}, interrupted);
  CHECK(interrupted.epochs.empty());
  CHECK(trainer.position().batches_done == 2);
  trainer.fit(images(130), interrupted);
  REQUIRE(interrupted.epochs.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(interrupted.epochs[i].mean.data_score == whole.epochs[i].mean.data_score);
    CHECK(interrupted.epochs[i].batches == 3);
  }
}

TEST_CASE("a finished trainer's fit changes nothing until it starts over or has more epochs") {
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  trainer.fit(images(130));
  const State end = trainer.state();
  trainer.fit(images(130));
  CHECK(trainer.state() == end);
  trainer.start_over();
  trainer.fit(images(130));
  CHECK_FALSE(trainer.state() == end);

  Recipe longer = short_recipe(3);
  longer.epochs = 3;
  Trainer more(model, longer, executor);
  more.restore(end);
  CHECK_FALSE(more.is_finished());
  Reports reports;
  more.fit(images(130), reports);
  REQUIRE(reports.epochs.size() == 1);
  CHECK(reports.epochs[0].epoch == 3);
}

TEST_CASE("what was rolled back is done again with other random numbers") {
  struct Counter {
    std::vector<std::int64_t>* iterations;
    State* start;
    void on_start(Trainer<Neural<ImageNet>>& trainer) const { *start = trainer.state(); }
    void on_batch(Trainer<Neural<ImageNet>>& trainer, const ebm::BatchReport& report) const {
      iterations->push_back(report.iteration);
      if (report.iteration == 2) {
        trainer.roll_back(*start);
        trainer.set_learning_rate_factor(0.5);
      }
    }
  };
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  Trainer trainer(model, short_recipe(3), executor);
  std::vector<std::int64_t> iterations;
  State start;
  Reports reports;
  trainer.fit(images(130), Counter{&iterations, &start}, reports);
  CHECK(iterations == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8});  // two were taken back
  CHECK(reports.epochs.size() == 2);
  CHECK(reports.epochs[0].learning_rate == Approx(0.5e-4));

  // With the same learning rate, the chains alone make the difference.
  const auto first_scores = [&](bool roll_back) {
    Neural<ImageNet> fresh(Rng{3});
    Trainer other(fresh, short_recipe(3), executor);
    other.fit(images(130), StopAfter{1});
    if (roll_back) {
      other.roll_back(start);
      other.fit(images(130), StopAfter{2});
    }
    return other.buffer().state();
  };
  CHECK_FALSE(first_scores(true) == first_scores(false));
}

TEST_CASE("the state of another model or recipe is refused and changes nothing") {
  Serial executor;
  const State stopped = state_after(2, executor);
  using Smaller = ebm::Sequential<ebm::Shape<1, 6, 6>, ebm::Flatten, ebm::Linear<1>>;
  Neural<Smaller> other;
  Trainer small(other, short_recipe(), executor);
  const State before = small.state();
  CHECK(message_of<ebm::Error>([&] { small.restore(stopped); }) ==
        "State: entry 'parameters' holds 77 numbers, expected 37");
  CHECK(small.state() == before);

  Recipe recipe = short_recipe();
  recipe.starts.options.capacity = 50;
  Neural<ImageNet> model;
  Trainer trainer(model, recipe, executor);
  const State fresh = trainer.state();
  CHECK(message_of<ebm::Error>([&] { trainer.restore(stopped); }) ==
        "State: entry 'buffer.size' is 100, expected 0 to 50");
  CHECK(trainer.state() == fresh);
  CHECK_THROWS_AS(trainer.restore(State()), ebm::Error);
}

/// The state with another number in an entry.
State with(const State& state, std::string_view name, std::int64_t value) {
  State changed;
  for (const auto& [entry, values] : state.values()) {
    if (entry == name) {
      changed.put(entry, value);
    } else {
      changed.put(entry, values);
    }
  }
  return changed;
}

TEST_CASE("training ends where iterations can no longer be counted") {
  Serial executor;
  constexpr std::int64_t last = std::int64_t{1} << 62;
  Neural<ImageNet> model;
  Trainer trainer(model, short_recipe(), executor);
  trainer.restore(with(state_after(2, executor), "position.iteration", last - 1));
  CHECK(message_of<ebm::Error>([&] { trainer.fit(images(130)); }) ==
        "Trainer::fit: there are no iterations after number 4611686018427387904");
  const State state = trainer.state();
  trainer.restore(state);
  CHECK(trainer.position().iteration == last);
}

TEST_CASE("a state that no training can have is refused") {
  Serial executor;
  const State good = state_after(2, executor);
  for (const auto& [name, value] : {std::pair{"position.batches_done", std::int64_t{-5}},
                                    {"position.epoch", std::int64_t{0}},
                                    {"position.iteration", std::int64_t{-1}}}) {
    const State damaged = with(good, name, value);
    Neural<ImageNet> model;
    Trainer trainer(model, short_recipe(), executor);
    CHECK(message_of<ebm::Error>([&] { trainer.restore(damaged); }) ==
          ebm::sentence("State: entry '", name, "' is ", value, ", expected ",
                        std::string(name) == "position.epoch"       ? "1 to 2147483646"
                        : std::string(name) == "position.iteration" ? "0 to 4611686018427387904"
                                                                    : "0 to 2147483646"));
  }
}

TEST_CASE("a learning rate's factor that makes no sense is refused") {
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, short_recipe(), executor);
  CHECK(message_of<ebm::InvalidArgument>([&] { trainer.set_learning_rate_factor(0); }) ==
        "Trainer: the learning rate's factor must be > 0 and finite, got 0");
}
