// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/ebm.hpp>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"

namespace {

using ebm::ContrastiveDivergence;
using ebm::Langevin;
using ebm::Neural;
using ebm::Recipe;
using ebm::Rng;
using ebm::Samples;
using ebm::Serial;
using ebm::Trainer;

using PlaneNet = ebm::Sequential<ebm::Shape<2>, ebm::Linear<32>, ebm::Swish, ebm::Linear<32>,
                                 ebm::Swish, ebm::Linear<1>>;

/// Points on a circle of radius 0.8 with a little noise.
Samples<float> ring(int count) {
  Samples<float> points(count, 2);
  ebm::Sequence draws(Rng{6}.stream(ebm::Purpose::user));
  for (int i = 0; i < count; ++i) {
    const double angle = 6.283185 * draws.uniform(), radius = 0.78 + 0.04 * draws.uniform();
    points(i, 0) = static_cast<float>(radius * std::cos(angle));
    points(i, 1) = static_cast<float>(radius * std::sin(angle));
  }
  return points;
}

template <class Executor>
std::vector<float> trained(Executor& executor, std::uint32_t seed) {
  Neural<ImageNet> model(Rng{seed});
  Trainer trainer(model, short_recipe(seed), executor);
  trainer.fit(images(130));
  return {model.parameters().begin(), model.parameters().end()};
}

/// Writes down which hooks of which callback were called.
struct Diary {
  std::string name;
  std::vector<std::string>* lines;

  template <class T>
  void on_start(T&) {
    lines->push_back(name + " start");
  }
  template <class T>
  void on_batch(T&, const ebm::BatchReport& report) {
    lines->push_back(name + " batch " + std::to_string(report.epoch) + "/" +
                     std::to_string(report.batch));
  }
  template <class T>
  void on_epoch(T&, const ebm::EpochReport& report) {
    lines->push_back(name + " epoch " + std::to_string(report.epoch));
  }
  template <class T>
  void on_end(T&) {
    lines->push_back(name + " end");
  }
};

/// Keeps all reports.
struct Reports {
  std::vector<ebm::BatchReport> batches;
  std::vector<ebm::EpochReport> epochs;

  template <class T>
  void on_batch(T&, const ebm::BatchReport& report) {
    batches.push_back(report);
  }
  template <class T>
  void on_epoch(T&, const ebm::EpochReport& report) {
    epochs.push_back(report);
  }
};

struct StopAfter {
  std::int64_t iterations;
  template <class T>
  void on_batch(T& trainer, const ebm::BatchReport& report) {
    if (report.iteration == iterations) trainer.stop();
  }
};

/// E(x) = x: the score tells which sample it is of.
auto identity_energy() {
  return ebm::expression<ebm::Shape<1>>(
      [](const auto& x, const auto& theta) { return x[0] + theta[0]; }, std::array{0.0f});
}

/// Writes down the energies of data.
struct RecordingLoss {
  std::vector<double>* seen;
  [[nodiscard]] ebm::LossValue term(double score, ebm::Role role) const {
    if (role == ebm::Role::data) seen->push_back(-score);
    return {};
  }
  [[nodiscard]] double slope(double, ebm::Role) const { return 0; }
};

/// Moves every chain by a given distance in each step.
struct Shift {
  float distance = 0;
  std::vector<std::uint64_t>* first_chains = nullptr;

  template <class T>
  void require_options_fit() const {}

  template <class S, class T>
  struct Walk {
    static constexpr int room = 0;
    const Shift& shift;
    const ebm::ChainBlock<S, T>& block;

    Walk(const Shift& s, const ebm::ChainBlock<S, T>& b) : shift(s), block(b) {
      if (shift.first_chains != nullptr) shift.first_chains->push_back(block.first_chain);
    }
    template <class E>
    void step(const E&, int, bool) {
      for (int i = 0; i < S::size; ++i) block.x[i] = block.x[i] + ebm::Pack<T>(shift.distance);
    }
    [[nodiscard]] static ebm::ChainReport report(int) { return {}; }
  };
};

/// The mean energy of data.
struct MeanEnergy {
  static constexpr std::array<std::string_view, 2> part_names{"energy", "count"};
  static constexpr bool wants_chains = false;

  template <class E, class T>
  [[nodiscard]] ebm::BatchResult judge(const E& energy, const ebm::JudgedBlock<T>& block) const {
    const auto value = energy(block.tape.template input<typename E::Input>(block.x));
    ebm::BatchResult result;
    alignas(ebm::Pack<T>) T seeds[ebm::lanes] = {};
    for (int lane = 0; lane < block.rows; ++lane) {
      seeds[lane] = static_cast<T>(block.share);
      result.loss.total += block.share * static_cast<double>(value.value().lane(lane));
    }
    result.loss.parts = {result.loss.total, static_cast<double>(block.rows)};
    block.tape.backward(value, ebm::Pack<T>::load(seeds));
    return result;
  }
};

/// Writes down the rates and gradients of its steps; changes no parameters.
struct RecordingOptimizer {
  std::vector<double>* rates;
  std::vector<float>* gradients;
  void step(std::span<float>, std::span<const float> gradient, double learning_rate) {
    rates->push_back(learning_rate);
    gradients->insert(gradients->end(), gradient.begin(), gradient.end());
  }
  [[nodiscard]] static double learning_rate() { return 8; }
};

/// What learns the ring, from chains that start anywhere.
template <class Starts>
auto ring_recipe(const Starts& starts, int epochs) {
  return Recipe{.sampler = Langevin{{.step_size = 0.01, .noise = 0.14, .gradient_clip = 10}},
                .steps = 20,
                .starts = starts,
                .loss = ContrastiveDivergence{{.alpha = 0.01}},
                .optimizer = ebm::Adam{{.learning_rate = 5e-3}},
                .gradient_clip = ebm::GlobalNormClip{10},
                .epochs = epochs,
                .batch = 64};
}

}  // namespace

TEST_CASE("trained parameters have the same bits for any number of threads") {
  Serial serial;
  const auto reference = trained(serial, 3);
  for (const int threads : {1, 2, 3}) {
    ebm::Threads executor(threads);
    CHECK(trained(executor, 3) == reference);
  }
  CHECK(trained(serial, 4) != reference);
}

TEST_CASE("training lifts the scores of data over those of points elsewhere") {
  Neural<PlaneNet> model(Rng{1});
  Serial executor;
  Trainer trainer(model, ring_recipe(ebm::FromReplayBuffer{}, 40), executor);
  const auto data = ring(500);
  const auto lead_over = [&](const Samples<float>& elsewhere) {
    return ebm::energies(model, elsewhere).mean() - ebm::energies(model, data).mean();
  };
  const Samples<float> inside = 0.1f * data, outside = 1.3f * data;
  const auto anywhere = random_samples<float>(500, 2, 9);
  CHECK(std::abs(lead_over(anywhere)) < 0.1f);
  trainer.fit(ring(2048));
  CHECK(lead_over(inside) > 0.3f);
  CHECK(lead_over(outside) > 0.3f);
  CHECK(lead_over(anywhere) > 0.3f);
}

TEST_CASE("training learns from chains that start at the data, at noise, or where they ended") {
  const auto check = [](const auto& starts) {
    Neural<PlaneNet> model(Rng{1});
    Serial executor;
    Trainer trainer(model, ring_recipe(starts, 20), executor);
    trainer.fit(ring(2048));
    const auto data = ring(500);
    const Samples<float> inside = 0.1f * data, outside = 1.2f * data;
    CHECK(ebm::scores(model, data).mean() > ebm::scores(model, inside).mean() + 0.3f);
    CHECK(ebm::scores(model, data).mean() > ebm::scores(model, outside).mean() + 0.3f);
  };
  check(ebm::FromData{});
  check(ebm::FromNoise{});
  check(ebm::PersistentChains{});
}

TEST_CASE("chains may be moved by MALA, whose acceptance is reported") {
  Neural<PlaneNet> model(Rng{1});
  Serial executor;
  Reports reports;
  Trainer trainer(model, Recipe{.sampler = ebm::Mala{{.step_size = 0.02}}, .steps = 5, .epochs = 1},
                  executor);
  trainer.fit(ring(256), reports);
  for (const auto& report : reports.batches) {
    CHECK(report.chains.proposals == 5 * 128);
    CHECK(report.chains.gradient_evaluations == 6 * 128);
    CHECK(metrics_of(report).at("acceptance") == report.chains.acceptance());
    CHECK(report.chains.acceptance() > 0.5);
  }
}

TEST_CASE("a loss may judge blocks of data alone, with parts of its own names") {
  STATIC_REQUIRE(ebm::BlockLoss<MeanEnergy>);
  auto energy = ebm::expression<ebm::Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * ebm::square(x[0]); },
      std::array{2.0f});
  Serial executor;
  std::vector<double> rates;
  std::vector<float> gradients;
  Reports reports;
  Trainer trainer(energy,
                  Recipe{.sampler = Shift{std::nanf("")},  // nobody runs it
                         .loss = MeanEnergy{},
                         .optimizer = RecordingOptimizer{&rates, &gradients},
                         .gradient_clip = ebm::NoGradientClip{},
                         .epochs = 1,
                         .batch = 20,
                         .data_noise = 0},
                  executor);
  trainer.fit(Samples<float>::Constant(20, 1, 0.5f), reports);
  REQUIRE(gradients.size() == 1);
  CHECK(gradients[0] == Approx(0.25));
  // Nothing is kept of chains, and data may be anywhere.
  CHECK(trainer.state().values().count("buffer.samples") == 0);
  trainer.start_over();
  trainer.fit(Samples<float>::Constant(20, 1, 5.0f));
  const auto metrics = metrics_of(reports.batches[0]);
  CHECK(metrics.at("loss") == Approx(0.5));
  CHECK(metrics.at("loss_energy") == metrics.at("loss"));
  CHECK(metrics.at("loss_count") == 20);
  CHECK(reports.batches[0].chains == ebm::ChainReport{});
}

TEST_CASE("a model in double precision trains too") {
  Neural<ImageNet, double> model(Rng{1});
  const std::vector<double> before(model.parameters().begin(), model.parameters().end());
  Serial executor;
  Trainer trainer(model,
                  Recipe{.steps = 2, .optimizer = ebm::Adam<double>{}, .epochs = 1, .batch = 16},
                  executor);
  trainer.fit(images(20).cast<double>());
  // One step of Adam without memory: each parameter with a gradient moves by the rate.
  double largest = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    largest = std::max(largest, std::abs(model.parameters()[i] - before[i]));
  }
  CHECK(largest == Approx(1e-4).epsilon(1e-3));
}

TEST_CASE("an epoch takes each sample once in a new order and drops what fills no batch") {
  std::vector<double> seen;
  auto energy = identity_energy();
  Samples<float> data(50, 1);
  for (int i = 0; i < 50; ++i) data(i, 0) = static_cast<float>(i);
  const auto two_epochs = [&](bool shuffle, int limit, std::uint32_t seed) {
    seen.clear();
    Serial executor;
    Trainer trainer(energy,
                    Recipe{.sampler = Shift{},
                           .steps = 1,
                           .loss = RecordingLoss{&seen},
                           .epochs = 2,
                           .batch = 16,
                           .data_noise = 0,
                           .shuffle = shuffle,
                           .limit_batches = limit,
                           .rng = Rng{seed}},
                    executor);
    trainer.fit(data);
    return seen;
  };
  const auto shuffled = two_epochs(true, 0, 1);
  REQUIRE(shuffled.size() == 96);
  CHECK(std::set(shuffled.begin(), shuffled.begin() + 48).size() == 48);
  CHECK(std::set(shuffled.begin() + 48, shuffled.end()).size() == 48);
  CHECK_FALSE(std::equal(shuffled.begin(), shuffled.begin() + 48, shuffled.begin() + 48));
  CHECK(two_epochs(true, 0, 1) == shuffled);
  CHECK(two_epochs(true, 0, 2) != shuffled);

  const auto in_order = two_epochs(false, 0, 1);
  REQUIRE(in_order.size() == 96);
  for (std::size_t i = 0; i < 96; ++i) CHECK(in_order[i] == static_cast<double>(i % 48));
  CHECK(two_epochs(false, 1, 1).size() == 32);
  CHECK(two_epochs(false, 9, 1).size() == 96);
}

TEST_CASE("each data sample gets noise of its own in every epoch") {
  std::vector<double> seen;
  auto energy = identity_energy();
  Serial executor;
  Trainer trainer(
      energy,
      Recipe{
          .steps = 0, .loss = RecordingLoss{&seen}, .epochs = 2, .batch = 1000, .data_noise = 0.1},
      executor);
  trainer.fit(Samples<float>::Zero(2000, 1));
  REQUIRE(seen.size() == 4000);
  CHECK(std::set(seen.begin(), seen.end()).size() > 3990);  // floats may coincide, rarely
  // Normal with deviation 0.1; each bound is 4.9 deviations, a false alarm in 10^6.
  double sum = 0, squares = 0;
  for (const double noise : seen) {
    sum += noise;
    squares += noise * noise;
  }
  CHECK(std::abs(sum / 4000) < 4.9 * 0.1 / std::sqrt(4000.0));
  CHECK(std::abs(squares / 4000 / 0.01 - 1) < 4.9 * std::sqrt(2 / 4000.0));
}

TEST_CASE("hooks are called in the order of training and of the callbacks, where they exist") {
  auto energy = identity_energy();
  Serial executor;
  std::vector<std::string> lines;
  Trainer trainer(energy, Recipe{.sampler = Shift{}, .steps = 1, .epochs = 2, .batch = 10},
                  executor);
  trainer.fit(Samples<float>::Zero(20, 1), Diary{"a", &lines}, StopAfter{3}, Diary{"b", &lines});
  CHECK(lines == std::vector<std::string>{"a start", "b start",          //
                                          "a batch 1/1", "b batch 1/1",  //
                                          "a batch 1/2", "b batch 1/2",  //
                                          "a epoch 1", "b epoch 1",      //
                                          "a batch 2/1", "b batch 2/1",  //
                                          "a end", "b end"});
}

TEST_CASE("no epochs are a start and an end") {
  auto energy = identity_energy();
  Serial executor;
  std::vector<std::string> lines;
  Trainer trainer(energy, Recipe{.sampler = Shift{}, .steps = 1, .epochs = 0, .batch = 10},
                  executor);
  trainer.fit(Samples<float>::Zero(20, 1), Diary{"a", &lines});
  CHECK(lines == std::vector<std::string>{"a start", "a end"});
}

TEST_CASE("reports count from 1, and an epoch's are the means of its batches'") {
  Neural<ImageNet> model;
  Serial executor;
  Reports reports;
  Trainer trainer(model, Recipe{.steps = 1, .epochs = 2, .batch = 32}, executor);
  trainer.fit(images(100), reports);

  REQUIRE(reports.batches.size() == 6);
  REQUIRE(reports.epochs.size() == 2);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto& report = reports.batches[i];
    CHECK(report.epoch == (i < 3 ? 1 : 2));
    CHECK(report.batch == static_cast<int>(i % 3) + 1);
    CHECK(report.batches == 3);
    CHECK(report.iteration == static_cast<std::int64_t>(i) + 1);
    CHECK(report.learning_rate == Approx(i < 3 ? 1e-4 : 0.97e-4));
    CHECK(report.gradient_norm > 0);
    CHECK(report.seconds > 0);
    const auto& [loss, data_score, model_score] = report.result;
    CHECK(loss.parts[1] == Approx(model_score - data_score).margin(1e-12));
    CHECK(loss.total == Approx(loss.parts[0] + loss.parts[1]).margin(1e-12));
  }
  for (const int epoch : {1, 2}) {
    const auto& report = reports.epochs[static_cast<std::size_t>(epoch - 1)];
    const auto first = reports.batches.begin() + 3 * (epoch - 1);
    const auto mean = [&](auto value) {
      return (value(first[0]) + value(first[1]) + value(first[2])) / 3;
    };
    CHECK(report.epoch == epoch);
    CHECK(report.epochs == 2);
    CHECK(report.batches == 3);
    CHECK(report.learning_rate == first->learning_rate);
    CHECK(report.mean.loss.total == Approx(mean([](auto& r) { return r.result.loss.total; })));
    CHECK(report.mean.data_score == Approx(mean([](auto& r) { return r.result.data_score; })));
    CHECK(report.mean.model_score == Approx(mean([](auto& r) { return r.result.model_score; })));
    CHECK(report.gradient_norm == Approx(mean([](auto& r) { return r.gradient_norm; })));
  }
}

TEST_CASE("chains go on where they ended, under ids that no earlier chain had") {
  auto energy = identity_energy();
  Serial executor;
  std::vector<std::uint64_t> first_chains;
  Trainer trainer(energy,
                  Recipe{.sampler = Shift{10, &first_chains},
                         .steps = 1,
                         .starts = ebm::FromReplayBuffer{{.capacity = 2, .fresh = 0}},
                         .epochs = 2,
                         .batch = 2},
                  executor);
  trainer.fit(Samples<float>::Zero(5, 1));
  CHECK(first_chains == std::vector<std::uint64_t>{0, 2, 4, 6});
  // Four moves by 10 from noise in [-1, 1).
  CHECK(trainer.buffer().size() == 2);
  CHECK(std::abs(trainer.buffer()[0](0) - 40) <= 1);
  CHECK(std::abs(trainer.buffer()[1](0) - 40) <= 1);
  // Training goes on with the same buffer, under new ids.
  trainer.start_over();
  trainer.fit(Samples<float>::Zero(5, 1));
  CHECK(first_chains.back() == 14);
  CHECK(std::abs(trainer.buffer()[0](0) - 80) <= 1);
}

TEST_CASE("the buffer keeps the noise it starts with and the chains of the last steps") {
  Neural<ImageNet> model;
  Serial executor;
  Trainer trainer(
      model,
      Recipe{
          .steps = 1, .starts = ebm::FromReplayBuffer{{.capacity = 100}}, .epochs = 1, .batch = 32},
      executor);
  trainer.fit(images(64));
  CHECK(trainer.buffer().size() == 96);
}

TEST_CASE("sampler, loss, optimiser, gradient clip and schedule may be the user's own") {
  struct Twice {
    double operator()(std::span<float> gradient) const {
      for (float& g : gradient) g *= 2;
      return 7;
    }
  };
  struct Halving {
    [[nodiscard]] static double factor(const ebm::TrainingProgress& progress) {
      return std::pow(0.5, progress.epoch);
    }
  };
  struct DataScore {
    [[nodiscard]] static ebm::LossValue term(double score, ebm::Role role) {
      return {.total = role == ebm::Role::data ? score : 0};
    }
    [[nodiscard]] static double slope(double, ebm::Role role) {
      return role == ebm::Role::data ? 1 : 0;
    }
  };
  auto energy = identity_energy();
  Serial executor;
  std::vector<double> rates;
  std::vector<float> gradients;
  Reports reports;
  Trainer trainer(energy,
                  Recipe{.sampler = Shift{},
                         .steps = 1,
                         .loss = DataScore{},
                         .optimizer = RecordingOptimizer{&rates, &gradients},
                         .gradient_clip = Twice{},
                         .schedule = Halving{},
                         .epochs = 3,
                         .batch = 4,
                         .data_noise = 0},
                  executor);
  trainer.fit(Samples<float>::Constant(4, 1, 0.25f), reports);
  CHECK(rates == std::vector<double>{8, 4, 2});
  CHECK(gradients == std::vector<float>{-2, -2, -2});  // d mean f / d theta = -1, twice
  CHECK(reports.batches[0].result.loss.total == -0.25);
  CHECK(reports.batches[0].gradient_norm == 7);
}

TEST_CASE("what stops being finite ends training with its place, and leaves the parameters") {
  using ebm::Error;
  Serial executor;
  SECTION("chains") {
    auto energy = ebm::expression<ebm::Shape<1>>(
        [](const auto& x, const auto& theta) { return theta[0] * ebm::square(x[0]); },
        std::array{1.0f});
    const ebm::UnboundedLangevin unstable({.step_size = 10});
    Trainer trainer(energy, Recipe{.sampler = unstable, .steps = 300, .batch = 8}, executor);
    CHECK(message_of<Error>([&] { trainer.fit(Samples<float>::Ones(8, 1)); }) ==
          "Trainer: the chains are not finite in epoch 1, batch 1: a lower learning rate or "
          "stronger regulariser may help");
    CHECK(energy.parameters()[0] == 1);
    CHECK(trainer.buffer()[0].allFinite());
  }
  SECTION("the loss") {
    Neural<ImageNet> model;
    Trainer trainer(model,
                    Recipe{.sampler = Shift{},
                           .steps = 1,
                           .optimizer = ebm::Adam{{.learning_rate = 1e30}},
                           .batch = 16},
                    executor);
    CHECK(message_of<Error>([&] { trainer.fit(images(40)); }) ==
          "Trainer: the loss is not finite in epoch 1, batch 2: a lower learning rate or "
          "stronger regulariser may help");
  }
  SECTION("the gradient") {
    // E = (240 theta)^16 x fits a float for theta = 1, its slope in theta doesn't.
    auto energy = ebm::expression<ebm::Shape<1>>(
        [](const auto& x, const auto& theta) {
          return ebm::square(ebm::square(ebm::square(ebm::square(theta[0] * 240.0f)))) * x[0];
        },
        std::array{1.0f});
    Trainer trainer(energy,
                    Recipe{.sampler = Shift{},
                           .steps = 1,
                           .loss = ContrastiveDivergence<ebm::NoRegularizer>{},
                           .batch = 8},
                    executor);
    CHECK(message_of<Error>([&] { trainer.fit(Samples<float>::Constant(8, 1, 0.5f)); }) ==
          "Trainer: the gradient is not finite in epoch 1, batch 1: a lower learning rate or "
          "stronger regulariser may help");
    CHECK(energy.parameters()[0] == 1);
  }
}

TEST_CASE("a parameter that is not finite is named before the learning rate is blamed") {
  Neural<ImageNet> model;
  const auto info = model.parameter_infos()[1];
  model.change_parameters(
      [&](auto p) { p[std::size_t(info.offset + 2)] = std::numeric_limits<float>::infinity(); });
  Serial executor;
  Trainer trainer(model, Recipe{.batch = 32}, executor);
  CHECK(message_of<ebm::InvalidArgument>([&] { trainer.fit(images(40)); }) ==
        "Trainer::fit: number 2 of parameter '" + info.name + "' is inf, expected a finite number");
}

TEST_CASE("data that can't be trained on are refused with a sentence") {
  using ebm::InvalidArgument;
  Neural<ImageNet> model;
  Serial executor;
  Trainer trainer(model, Recipe{.batch = 32}, executor);
  CHECK(message_of<InvalidArgument>([&] { trainer.fit(images(31)); }) ==
        "Trainer::fit: a batch has 32 samples, but there are only 31");
  CHECK(message_of<InvalidArgument>([&] { trainer.fit(Samples<float>::Zero(40, 35)); }) ==
        "Trainer::fit: the energy expects 36 features a sample, got 35");
  Samples<float> broken = images(40);
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    broken(39, 35) = bad;
    CHECK(message_of<InvalidArgument>([&] { trainer.fit(broken); }) ==
          "Trainer::fit: sample 39 holds a value that is not finite");
  }
}

TEST_CASE("a recipe with a number outside of its range is refused with the number") {
  Neural<ImageNet> model;
  Serial executor;
  const auto message = [&](const Recipe<>& recipe) {
    return message_of<ebm::InvalidArgument>([&] { Trainer trainer(model, recipe, executor); });
  };
  CHECK(message({.epochs = -1}) == "Trainer: epochs must be >= 0, got -1");
  CHECK(message({.batch = 0}) == "Trainer: batch must be >= 1, got 0");
  CHECK(message({.data_noise = -1}) == "Trainer: data_noise must be >= 0 and finite, got -1");
  CHECK(message({.data_noise = std::nan("")}) ==
        "Trainer: data_noise must be >= 0 and finite, got nan");
  CHECK(message({.limit_batches = -1}) == "Trainer: limit_batches must be >= 0, got -1");
  CHECK(message({.starts = ebm::FromReplayBuffer{{.capacity = 0}}}) ==
        "ReplayBuffer: capacity must be >= 1, got 0");
}

TEST_CASE("chains that would start outside of the sampler's domain are refused") {
  Neural<ImageNet> model;
  const auto message = [&](const auto& starts) {
    const Recipe recipe{.sampler = ebm::Langevin({.low = 0, .high = 1}), .starts = starts};
    return message_of<ebm::InvalidArgument>([&] { Trainer trainer(model, recipe); });
  };
  const std::string expected =
      "Trainer: chains start as noise in [-1, 1), which reaches beyond the sampler's domain [0, "
      "1]: leave the bounds of the recipe's starts to the sampler";
  CHECK(message(ebm::FromReplayBuffer{{.low = -1}}) == expected);
  CHECK(message(ebm::FromNoise{.low = -1}) == expected);
  CHECK(message(ebm::PersistentChains{.low = -1}) == expected);
}

TEST_CASE("chains start as noise in the sampler's domain, unless the starts say otherwise") {
  Neural<ImageNet> model;
  const auto range = [&](const auto& sampler, const auto& starts) {
    const Trainer trainer(model, Recipe{.sampler = sampler, .starts = starts});
    const ebm::NoiseRange noise = trainer.recipe().starts.noise_range();
    return std::pair(noise.low, noise.high);
  };
  const ebm::Langevin bounded({.low = 0, .high = 3});
  CHECK(range(bounded, ebm::FromReplayBuffer()) == std::pair(0.0, 3.0));
  CHECK(range(bounded, ebm::FromNoise()) == std::pair(0.0, 3.0));
  CHECK(range(bounded, ebm::PersistentChains()) == std::pair(0.0, 3.0));
  CHECK(range(bounded, ebm::FromReplayBuffer{{.high = 1}}) == std::pair(0.0, 1.0));
  CHECK(range(ebm::Mala(), ebm::FromNoise()) == std::pair(-1.0, 1.0));
  CHECK(range(ebm::Mala(), ebm::FromNoise{.low = -9}) == std::pair(-9.0, 1.0));
}

TEST_CASE("a parameter that stops being finite is taken back") {
  Neural<ImageNet> model;
  const std::vector<float> before(model.parameters().begin(), model.parameters().end());
  Serial executor;
  Trainer trainer(model,
                  Recipe{.optimizer = ebm::Adam<float>({.learning_rate = 1e38}),
                         .schedule = ebm::StepDecay({.gamma = 1e3}),
                         .batch = 32},
                  executor);
  // The first epoch moves every parameter by 1e38, which the second would multiply.
  const auto message = message_of<ebm::Error>([&] { trainer.fit(images(32)); });
  CHECK(message.starts_with("Trainer: "));
  CHECK(std::ranges::all_of(model.parameters(), [](float p) { return std::isfinite(p); }));
  CHECK(model.parameters().size() == before.size());
}

namespace {

/// Dataset: samples that are halves of whole numbers, kept as these.
struct Halves {
  std::vector<std::int8_t> numbers;  // [sample][2]

  [[nodiscard]] Eigen::Index rows() const { return static_cast<Eigen::Index>(numbers.size()) / 2; }
  [[nodiscard]] static Eigen::Index cols() { return 2; }
  void copy_sample(Eigen::Index index, std::span<float> sample) const {
    for (std::size_t i = 0; i < 2; ++i) {
      sample[i] = static_cast<float>(numbers[static_cast<std::size_t>(index) * 2 + i]) / 2;
    }
  }
};
static_assert(ebm::Dataset<Halves> && !ebm::Dataset<Samples<float>>);

}  // namespace

TEST_CASE("data may be given sample by sample: training is the same, and so are refusals") {
  Halves data;
  for (int i = 0; i < 80; ++i) data.numbers.push_back(static_cast<std::int8_t>(i * 7 % 5 - 2));
  Samples<float> matrix(data.rows(), 2);
  for (Eigen::Index i = 0; i < data.rows(); ++i) data.copy_sample(i, ebm::sample_of(matrix, i));
  Serial serial;
  const auto parameters = [&](const auto& samples) {
    Neural<PlaneNet> model(Rng{3});
    Trainer trainer(model, Recipe{.steps = 3, .epochs = 2, .batch = 16}, serial);
    trainer.fit(samples);
    return std::vector<float>(model.parameters().begin(), model.parameters().end());
  };
  CHECK(parameters(data) == parameters(matrix));
  data.numbers[7] = 3;
  matrix(3, 1) = 1.5f;
  const auto message = [&](const auto& samples) {
    return message_of<ebm::InvalidArgument>([&] { parameters(samples); });
  };
  CHECK(message(data) ==
        "Trainer::fit: sample 3 holds 1.5, outside of the sampler's domain [-1, 1]");
  CHECK(message(data) == message(matrix));
}

TEST_CASE("data outside of the sampler's domain are refused, with noise and without") {
  Neural<ImageNet> model;
  Serial executor;
  Samples<float> data = images(32);
  data(7, 3) = 1.5f;
  for (const double noise : {0.0, 0.005}) {
    Trainer trainer(model, Recipe{.batch = 32, .data_noise = noise}, executor);
    CHECK(message_of<ebm::InvalidArgument>([&] { trainer.fit(data); }) ==
          "Trainer::fit: sample 7 holds 1.5, outside of the sampler's domain [-1, 1]");
  }
}
