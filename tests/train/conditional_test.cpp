// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::Rng;
using ebm::Samples;

constexpr int classes = 4;
using Net = ebm::Sequential<ebm::Conditioned<ebm::Shape<2>, ebm::Shape<classes>>, ebm::Linear<32>,
                            ebm::AddCondition, ebm::Swish, ebm::Linear<32>, ebm::AddCondition,
                            ebm::Swish, ebm::Linear<1>>;
using Model = ebm::Neural<Net>;

/// Points of class k lie around corner k of a square, with its class as their condition.
Samples<float> corners(int count) {
  ebm::Sequence draws(Rng{3}.stream(ebm::Purpose::user));
  Samples<float> points(count, 2);
  std::vector<int> labels(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const int label = static_cast<int>(draws.below(classes));
    labels[static_cast<std::size_t>(i)] = label;
    const auto near = [&](bool upper) {
      return static_cast<float>((upper ? 0.6 : -0.6) + 0.2 * draws.uniform() - 0.1);
    };
    points(i, 0) = near(label % 2 == 1);
    points(i, 1) = near(label / 2 == 1);
  }
  return ebm::with_conditions(points, ebm::one_hot(std::span<const int>(labels), classes));
}

int corner_of(const Samples<float>& points, Eigen::Index row) {
  return (points(row, 0) > 0 ? 1 : 0) + (points(row, 1) > 0 ? 2 : 0);
}

template <class Starts>
ebm::Recipe<ebm::Langevin<>, Starts> recipe_from(const Starts& starts, int epochs) {
  return {.sampler = ebm::Langevin<>{{.step_size = 0.01, .noise = 0.1, .gradient_clip = 10}},
          .steps = 20,
          .starts = starts,
          .loss = ebm::ContrastiveDivergence<>{{.alpha = 0.01}},
          .optimizer = ebm::Adam<>{{.learning_rate = 5e-3}},
          .gradient_clip = ebm::GlobalNormClip{10},
          .epochs = epochs,
          .batch = 64};
}

/// Whether each row ends in one 1 and zeros.
bool has_classes(const Samples<float>& samples) {
  const auto conditions = samples.rightCols(classes).array();
  return (conditions.rowwise().sum() == 1).all() && (conditions * (1 - conditions) == 0).all();
}

}  // namespace

TEST_CASE("samples of a class are of that class far more often than chance") {
  Model model(Rng{1});
  ebm::Threads threads(2);
  ebm::Trainer trainer(model, recipe_from(ebm::FromReplayBuffer{}, 15), threads);
  trainer.fit(corners(2048));

  constexpr int chains = 200;
  std::vector<int> labels(chains);
  for (int i = 0; i < chains; ++i) labels[static_cast<std::size_t>(i)] = i % classes;
  Samples<float> start(chains, 2);
  ebm::fill_with_noise<float>(start, Rng{5});
  const auto ends = ebm::chain_ends(
      trainer.recipe().sampler, model,
      ebm::with_conditions(start, ebm::one_hot(std::span<const int>(labels), classes)),
      {.steps = 200, .rng = Rng{6}}, threads);
  int right = 0;
  for (Eigen::Index i = 0; i < chains; ++i) {
    right += corner_of(ends, i) == labels[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  CHECK(ends.rightCols(classes) == ebm::one_hot(std::span<const int>(labels), classes));
  // By chance 50 are right; 4.9 deviations of the binomial distribution above that, 81, are passed
  // by chance once in 10^6.
  CHECK(right > 81);
  CHECK(right > 150);  // what this training comes to: 0.75
}

TEST_CASE("conditions travel through buffer and state as they are, in whatever way chains start") {
  const auto check = [](const auto& starts) {
    const Samples<float> data = corners(256);
    ebm::Serial serial;
    Model model(Rng{1}), resumed(Rng{1});
    ebm::Trainer trainer(model, recipe_from(starts, 2), serial);
    trainer.fit(data);
    ebm::Trainer other(resumed, recipe_from(starts, 2), serial);
    ebm::Trainer first(resumed, recipe_from(starts, 1), serial);
    first.fit(data);
    other.restore(first.state());
    other.fit(data);
    CHECK(other.state() == trainer.state());
    if constexpr (requires { starts.options; }) {
      CHECK(has_classes(trainer.buffer().newest(1000)));
      CHECK(trainer.buffer().size() == (1 + 2 * 4) * 64);
    }
  };
  check(ebm::FromReplayBuffer{{.capacity = 1000, .fresh = 0.3}});
  check(ebm::FromData{});
  check(ebm::FromNoise{});
  check(ebm::PersistentChains{});
}

TEST_CASE("labels and conditions that don't fit are refused") {
  const std::vector labels{0, 4};
  CHECK(message_of<ebm::InvalidArgument>([&] {
          (void)ebm::one_hot(std::span<const int>(labels), 4);
        }) == "one_hot: labels must be in [0, 4), got 4");
  CHECK(message_of<ebm::InvalidArgument>([] {
          (void)ebm::with_conditions(Samples<float>(3, 2), Samples<float>(2, 4));
        }) == "with_conditions: 3 samples expect as many conditions, got 2");
}
