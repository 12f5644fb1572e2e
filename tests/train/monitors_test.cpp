// SPDX-License-Identifier: MIT
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"

namespace {

using ebm::EpochReport;
using ebm::InvalidArgument;
using ebm::Neural;
using ebm::Rng;
using ebm::Samples;
using ebm::Serial;
using ebm::Trainer;

struct Reports {
  std::vector<EpochReport> epochs;
  template <class T>
  void on_epoch(T&, const EpochReport& report) {
    epochs.push_back(report);
  }
};

/// Sets the next of some values as a metric.
struct Script {
  std::vector<double> values;
  template <class T>
  void on_epoch(T&, EpochReport& report) const {
    report.metrics.set("val_contrastive_divergence",
                       values.at(static_cast<std::size_t>(report.epoch - 1)));
  }
};

/// Writes down which hooks are called.
struct Everything {
  std::string* log;
  template <class T>
  void on_start(T&) {
    *log += "s";
  }
  template <class T>
  void on_batch(T&, const ebm::BatchReport&) {
    *log += "b";
  }
  template <class T>
  void on_epoch(T&, const EpochReport&) {
    *log += "e";
  }
  template <class T>
  bool on_diverged(T&, const ebm::Diverged&) {
    *log += "d";
    return false;
  }
  template <class T>
  void on_end(T&) {
    *log += "t";
  }
};

/// The epochs that early stopping allows.
std::size_t epochs_until_stop(const std::vector<double>& values,
                              const ebm::EarlyStopOptions& options) {
  Serial executor;
  Neural<ImageNet> model;
  ebm::Recipe recipe = short_recipe();
  recipe.epochs = static_cast<int>(values.size());
  recipe.steps = 0;
  Trainer trainer(model, recipe, executor);
  Reports reports;
  trainer.fit(images(40), Script{values}, ebm::EarlyStop(options), reports);
  return reports.epochs.size();
}

}  // namespace

TEST_CASE("metrics keep their order, the newest value of each, and complain of what is missing") {
  ebm::Metrics metrics;
  CHECK(message_of<InvalidArgument>([&] { return metrics.at("x"); }) ==
        "Metrics: there is no 'x', but nothing: is the callback that finds it out in front?");
  metrics.set("b", 1);
  metrics.set("a", 2);
  metrics.set("b", 3);
  CHECK(metrics.at("b") == 3);
  CHECK(metrics.begin()->first == "b");
  CHECK(metrics.contains("a"));
  CHECK(message_of<InvalidArgument>([&] { return metrics.at("x"); }) ==
        "Metrics: there is no 'x', but b, a: is the callback that finds it out in front?");
}

TEST_CASE("validation, outliers and learning rate are the model's after each epoch") {
  Serial executor;
  Neural<ImageNet> model(Rng{2});
  ebm::Recipe recipe = short_recipe();
  recipe.schedule = ebm::StepDecay({.gamma = 0.5});
  Trainer trainer(model, recipe, executor);
  const Samples<float> test = images(30);
  const Samples<float> noise = ebm::uniform_noise(20, 36, Rng{5});
  Reports reports;
  trainer.fit(images(130), ebm::Validation(test, noise), ebm::Outlier(Samples<float>(noise)),
              ebm::LearningRateMonitor(), reports);
  REQUIRE(reports.epochs.size() == 2);
  const ebm::Metrics& last = reports.epochs[1].metrics;
  CHECK(last.at("val_real_out") == Approx(-ebm::energies(model, test).mean()));
  CHECK(last.at("val_fake_out") == Approx(-ebm::energies(model, noise).mean()));
  CHECK(last.at("rand_out") == last.at("val_fake_out"));
  CHECK(last.at("val_contrastive_divergence") == last.at("val_fake_out") - last.at("val_real_out"));
  CHECK(last.at("lr-Adam") == 0.5e-4);
  CHECK(reports.epochs[0].metrics.at("rand_out") != last.at("rand_out"));
}

TEST_CASE("noise is uniform in its range and decided by the seed") {
  const auto noise = ebm::uniform_noise(200, 50, Rng{1}, -2, 6);
  CHECK(noise.minCoeff() >= -2);
  CHECK(noise.maxCoeff() < 6);
  // The mean of 10^4 draws: deviation 8 / sqrt(12 10^4); 4.9 of them fail once in 10^6.
  CHECK(std::abs(noise.mean() - 2) < 4.9 * 8 / std::sqrt(12e4));
  CHECK(noise == ebm::uniform_noise(200, 50, Rng{1}, -2, 6));
  CHECK(noise != ebm::uniform_noise(200, 50, Rng{2}, -2, 6));
}

TEST_CASE("scores that are not finite are divergence with its place") {
  auto energy = ebm::expression<ebm::Shape<1>>(
      [](const auto& x, const auto& theta) { return ebm::square(ebm::square(x[0])) * theta[0]; },
      std::array{1e30f});
  Serial executor;
  Trainer trainer(energy, ebm::Recipe{.steps = 0, .epochs = 1, .batch = 1}, executor);
  const Samples<float> near = Samples<float>::Zero(1, 1),
                       far = Samples<float>::Constant(1, 1, 1e9f);
  CHECK(message_of<ebm::Diverged>([&] { trainer.fit(near, ebm::Validation(near, far)); }) ==
        "the scores of noise are not finite after epoch 1: a lower learning rate may help");
}

TEST_CASE("training stops once a metric has not improved for as long as patience lasts") {
  CHECK(epochs_until_stop({3, 2, 1, 1, 1, 1, 1}, {.patience = 2}) == 5);
  CHECK(epochs_until_stop({3, 4, 2, 4, 1, 4}, {.patience = 2}) == 6);
  CHECK(epochs_until_stop({3, 2.9, 2.8, 2.7}, {.patience = 2, .min_delta = 0.15}) == 4);
  CHECK(epochs_until_stop({3, 2.9, 2.89, 2.7}, {.patience = 2, .min_delta = 0.2}) == 3);
  CHECK(epochs_until_stop({std::nan(""), std::nan(""), 1}, {.patience = 2}) == 2);
}

TEST_CASE("a metric that is better when higher is watched as such") {
  using ebm::Better;
  const ebm::Monitor accuracy{"val_contrastive_divergence", Better::higher};
  CHECK(epochs_until_stop({1, 2, 3, 3, 3, 3}, {.monitor = accuracy, .patience = 2}) == 5);
  CHECK(epochs_until_stop({1, 1.1, 1.2, 3},
                          {.monitor = accuracy, .patience = 2, .min_delta = 0.5}) == 3);
  CHECK(accuracy.is_better(1, accuracy.worst()));
  CHECK_FALSE(accuracy.is_better(std::nan(""), accuracy.worst()));
}

TEST_CASE("a metric that no callback in front sets is refused before the first iteration") {
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, short_recipe(), executor);
  const auto noise = ebm::uniform_noise(4, 36, Rng{5});
  const ebm::Validation validation(noise, noise);
  const auto message = [&](auto&&... callbacks) {
    return message_of<InvalidArgument>([&] { trainer.fit(images(130), callbacks...); });
  };
  const std::string refused = "Trainer::fit: a callback needs the metric '";
  Reports reports;
  CHECK(message(ebm::EarlyStop({.monitor = "val_los"}), validation) ==
        refused + "val_los', but those before it set none");
  CHECK(message(validation, ebm::LearningRateMonitor(), ebm::EarlyStop({.monitor = "val_los"})) ==
        refused +
            "val_los', but those before it set val_contrastive_divergence, "
            "val_fake_out, val_real_out, lr-Adam");
  CHECK(message(ebm::DivergenceGuard(ebm::AnyOf(ebm::RisingDivergence()))) ==
        refused + "val_contrastive_divergence', but those before it set none");
  CHECK(message(reports, ebm::OptionalCallback<Reports>(true),
                ebm::OptionalCallback<ebm::Validation<>>(false, noise, noise), ebm::EarlyStop()) ==
        refused + "val_contrastive_divergence', but those before it set none");
  CHECK(trainer.position().iteration == 0);
  CHECK(reports.epochs.empty());

  // What a callback of the user's own sets is known when it has done so.
  const auto own = [](EpochReport& report) { report.metrics.set("own", 1); };
  trainer.fit(images(130), own, ebm::EarlyStop({.monitor = "own"}));
  CHECK(trainer.is_finished());
}

TEST_CASE("functions of a report are callbacks") {
  Neural<ImageNet> model;
  Trainer trainer(model, short_recipe());
  int batches = 0, epochs = 0, all = 0;
  trainer.fit(
      images(130), [&](const ebm::BatchReport&) { ++batches; },
      [&](const EpochReport& report) { epochs = report.epoch; }, [&](const auto&) { ++all; });
  CHECK(epochs == trainer.recipe().epochs);
  CHECK(batches == epochs * (130 / trainer.recipe().batch));
  CHECK(all == batches + epochs);
}

TEST_CASE("a trainer without an executor trains on its own, to the same bits") {
  Serial executor;
  Neural<ImageNet> one(Rng{2}), other(Rng{2});
  Trainer on_one(one, short_recipe(), executor);
  Trainer on_own(other, short_recipe());
  on_one.fit(images(130));
  on_own.fit(images(130));
  CHECK(on_own.executor().workers() == ebm::available_processors());
  CHECK(std::ranges::equal(one.parameters(), other.parameters()));
}

TEST_CASE("early stopping remembers its patience across an interruption") {
  struct Nothing {
    void stop() { stopped = true; }
    bool stopped = false;
  } trainer;
  const auto epoch = [&](ebm::EarlyStop& stop, double value) {
    EpochReport report;
    report.metrics.set("val_contrastive_divergence", value);
    stop.on_epoch(trainer, report);
    return trainer.stopped;
  };
  ebm::EarlyStop first({.patience = 2}), second({.patience = 2});
  CHECK_FALSE(epoch(first, 1));
  CHECK_FALSE(epoch(first, 2));
  second.restore(first.state());
  CHECK(epoch(second, 2));
  CHECK(second.has_stopped());
  CHECK(second.best() == 1);

  ebm::EarlyStop third({.patience = 2});  // a run that was stopped is resumed
  third.restore(second.state());
  trainer.stopped = false;
  third.on_start(trainer);
  CHECK(trainer.stopped);
  first.restore(first.state());
  trainer.stopped = false;
  first.on_start(trainer);
  CHECK_FALSE(trainer.stopped);
}

TEST_CASE("early stopping that makes no sense is refused") {
  CHECK(message_of<InvalidArgument>([] { ebm::EarlyStop({.patience = 0}); }) ==
        "EarlyStop: patience must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([] { ebm::EarlyStop({.min_delta = -1}); }) ==
        "EarlyStop: min_delta must be >= 0 and finite, got -1");
}

TEST_CASE("snapshots of chains are those of the trainer's sampler, the same starts every time") {
  Serial executor;
  Neural<ImageNet> model(Rng{2});
  const ebm::EnergyDescent sampler({.step_size = 5, .low = -0.9});
  Trainer trainer(model,
                  ebm::Recipe{.sampler = sampler,
                              .steps = 2,
                              .starts = ebm::FromReplayBuffer{{.capacity = 64}},
                              .epochs = 4,
                              .batch = 32,
                              .data_noise = 0},
                  executor);
  std::vector<int> epochs;
  std::vector<std::vector<Samples<float>>> shown;
  ebm::Generate generate({.chains = 3, .steps = 10, .snapshots = 5, .every = 2}, Rng{7},
                         [&](const EpochReport& report, const auto& snapshots) {
                           epochs.push_back(report.epoch);
                           shown.push_back(snapshots);
                         });
  trainer.fit(0.9f * images(130), generate);
  CHECK(epochs == std::vector<int>{2, 4});
  REQUIRE(shown[1].size() == 5);
  const auto expected =
      ebm::chain_ends(sampler, model, ebm::uniform_noise(3, 36, Rng{7}, -0.9, 1),
                      {.steps = 10, .rng = Rng{7}, .first_chain = std::uint64_t{1} << 63});
  CHECK(shown[1][4] == expected);
  CHECK(shown[0][4] != expected);
}

TEST_CASE("buffer samples are shown every few epochs and leave training as it was") {
  Serial executor;
  const auto trained = [&](auto&&... callbacks) {
    Neural<ImageNet> model(Rng{2});
    Trainer trainer(model, short_recipe(), executor);
    trainer.fit(images(130), callbacks...);
    return trainer.state();
  };
  std::vector<Samples<float>> shown;
  ebm::SamplerImages show(
      {.count = 5, .every = 2}, Rng{1},
      [&](const EpochReport&, const Samples<float>& samples) { shown.push_back(samples); });
  ebm::Generate generate({.chains = 2, .steps = 4, .snapshots = 2, .every = 1}, Rng{1},
                         [](const EpochReport&, const auto&) {});
  CHECK(trained(show, generate) == trained());
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].rows() == 5);
  CHECK(shown[0].cwiseAbs().maxCoeff() <= 1);
}

TEST_CASE("pictures that make no sense are refused with their number") {
  const auto nothing = [](const EpochReport&, const auto&) {};
  const auto message = [&](const ebm::GenerateOptions& options) {
    return message_of<InvalidArgument>([&] { ebm::Generate(options, Rng{}, nothing); });
  };
  CHECK(message({.chains = 0}) == "Generate: chains must be >= 1, got 0");
  CHECK(message({.steps = 0}) == "Generate: steps must be >= 1, got 0");
  CHECK(message({.steps = 4, .snapshots = 5}) == "Generate: snapshots must be in [1, 4], got 5");
  CHECK(message({.every = 0}) == "Generate: every must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([&] { ebm::SamplerImages({.count = 0}, Rng{}, nothing); }) ==
        "SamplerImages: count must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([&] { ebm::SamplerImages({.every = 0}, Rng{}, nothing); }) ==
        "SamplerImages: every must be >= 1, got 0");
}

TEST_CASE("an optional callback does what its callback does, or nothing") {
  Serial executor;
  Neural<ImageNet> model(Rng{2});
  ebm::Recipe recipe = short_recipe();
  recipe.epochs = 1;
  recipe.limit_batches = 2;
  std::string present, absent;
  ebm::OptionalCallback<Everything> on(true, &present), off(false, &absent);
  ebm::OptionalCallback<Reports> reports(true);
  Trainer trainer(model, recipe, executor);
  trainer.fit(images(130), on, off, reports);
  CHECK(present == "sbbet");
  CHECK(absent.empty());
  CHECK(reports->epochs.size() == 1);
  CHECK(on);
  CHECK_FALSE(off);

  ebm::OptionalCallback<ebm::EarlyStop> stop(true), other(true), none(false);
  CHECK(none.state() == ebm::State());
  other.restore(stop.state());
  CHECK(other.state() == stop.state());
}
