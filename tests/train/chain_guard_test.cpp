// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

namespace {

/// E = theta x^2, of which steps of size 10 explode.
auto parabola() {
  return expression<Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * square(x[0]); }, std::array{1.0f});
}

template <class Guard>
auto exploding_recipe(const Guard& guard) {
  return Recipe{.sampler = UnboundedLangevin({.step_size = 10}),
                .steps = 300,
                .chain_guard = guard,
                .batch = 8};
}

struct LastReport {
  BatchReport report;
  template <class T>
  void on_batch(T&, const BatchReport& r) {
    report = r;
  }
};

}  // namespace

TEST_CASE("a chain that is too far out, infinite or no number is lost: data take its place") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
  Samples<float> chains{{3, -3}, {3.01f, 0}, {0, -infinity}, {no_number, 0}, {0, 1}};
  const Samples<float> data = Samples<float>::Constant(5, 2, 0.5f);
  const ReplaceLostChains guard({.bound = 3});
  CHECK(guard.replace_lost<float>(chains, data) == 3);
  CHECK(chains == Samples<float>{{3, -3}, {0.5f, 0.5f}, {0.5f, 0.5f}, {0.5f, 0.5f}, {0, 1}});
  CHECK(guard.replace_lost<float>(chains, data) == 0);
  CHECK(ReplaceLostChains({.bound = infinity}).replace_lost<float>(chains, data) == 0);
}

TEST_CASE("a model is not trained on chains that exploded, and the report says how many") {
  const Samples<float> data = Samples<float>::Ones(8, 1);
  Serial serial;
  auto energy = parabola();
  Trainer trainer(energy, exploding_recipe(ReplaceLostChains()), serial);
  LastReport last;
  trainer.fit(data, last);
  CHECK(last.report.chains.guarded == 8);
  CHECK(last.report.chains.lost == 8);
  CHECK(metrics_of(last.report).at("lost_chains") == 8);
  // Chains that are data are lowered as much as raised; the rest is the regulariser's.
  CHECK(last.report.result.model_score == last.report.result.data_score);

  auto unguarded = parabola();
  Trainer without(unguarded, exploding_recipe(KeepAllChains()), serial);
  CHECK_THROWS_AS(without.fit(data), Diverged);
  CHECK(unguarded.parameters()[0] == 1);
}

TEST_CASE("reports of a recipe without a guard do not speak of lost chains") {
  auto energy = parabola();
  Serial serial;
  Trainer trainer(energy, Recipe{.steps = 1, .batch = 8}, serial);
  LastReport last;
  trainer.fit(Samples<float>::Ones(8, 1), last);
  CHECK(last.report.chains.guarded == 0);
  CHECK_FALSE(metrics_of(last.report).contains("lost_chains"));
}

TEST_CASE("a guard's bound is positive") {
  CHECK(message_of<InvalidArgument>([] { ReplaceLostChains({.bound = 0}); }) ==
        "ReplaceLostChains: bound must be > 0, got 0");
}
