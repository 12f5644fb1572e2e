// SPDX-License-Identifier: MIT
#include <ebm/optim/adam.hpp>
#include <ebm/optim/optimizer.hpp>

#include "support/catch.hpp"

namespace {

struct WithoutRate {
  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate);
};

struct ChangesTheGradient {
  void step(std::span<float> parameters, std::span<float> gradient, double learning_rate);
  [[nodiscard]] double learning_rate() const;
};

}  // namespace

TEST_CASE("an optimiser needs a rate to start from, and a step that leaves the gradient alone") {
  STATIC_REQUIRE_FALSE(ebm::Optimizer<WithoutRate>);
  STATIC_REQUIRE_FALSE(ebm::Optimizer<ChangesTheGradient>);
}

TEST_CASE("an optimiser is one for its own type of parameters") {
  STATIC_REQUIRE(ebm::Optimizer<ebm::Adam<float>, float>);
  STATIC_REQUIRE(ebm::Optimizer<ebm::Adam<double>, double>);
  STATIC_REQUIRE_FALSE(ebm::Optimizer<ebm::Adam<float>, double>);
}
