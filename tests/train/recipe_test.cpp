// SPDX-License-Identifier: MIT
#include <array>
#include <concepts>
#include <ebm/train/recipe.hpp>
#include <span>

#include "support/catch.hpp"

using ebm::Langevin;
using ebm::Recipe;

TEST_CASE("a recipe's types follow from its designated initialisers") {
  const Recipe numbers{.epochs = 3};
  STATIC_REQUIRE(std::same_as<decltype(numbers), const Recipe<>>);

  const Recipe behaviour{.sampler = ebm::EnergyDescent{},
                         .steps = 20,
                         .loss = ebm::ContrastiveDivergence<ebm::NoRegularizer>{},
                         .gradient_clip = ebm::NoGradientClip{},
                         .schedule = ebm::ConstantRate{},
                         .batch = 7};
  STATIC_REQUIRE(std::same_as<decltype(behaviour),
                              const Recipe<ebm::EnergyDescent, ebm::FromReplayBuffer,
                                           ebm::ContrastiveDivergence<ebm::NoRegularizer>,
                                           ebm::Adam<>, ebm::NoGradientClip, ebm::ConstantRate>>);
  CHECK(behaviour.steps == 20);
  CHECK(behaviour.batch == 7);
}

TEST_CASE("the default recipe is the tutorial's") {
  const Recipe recipe{};
  CHECK(recipe.epochs == 60);
  CHECK(recipe.batch == 128);
  CHECK(recipe.data_noise == 0.005);
  CHECK(recipe.shuffle);
  CHECK(recipe.limit_batches == 0);
  const auto& sampler = recipe.sampler.options();
  CHECK(recipe.steps == 60);
  CHECK(sampler.step_size == 10);
  CHECK(sampler.noise == 0.005);
  CHECK(sampler.gradient_clip == 0.03);
  CHECK(sampler.low == -1);
  CHECK(sampler.high == 1);
  CHECK(recipe.starts.options.capacity == 8192);
  CHECK(recipe.starts.options.fresh == 0.05);
  CHECK(recipe.loss.options().alpha == 0.1);
  const auto& adam = recipe.optimizer.options();
  CHECK(adam.learning_rate == 1e-4);
  CHECK(adam.beta1 == 0);
  CHECK(adam.beta2 == 0.999);
  CHECK(recipe.schedule.factor({.epoch = 1}) == 0.97);
  std::array<double, 2> gradient{30, 40};
  CHECK(recipe.gradient_clip(std::span<double>(gradient)) == 50);
  CHECK(gradient[1] == Approx(0.08).epsilon(1e-6));
}
