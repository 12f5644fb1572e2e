// SPDX-License-Identifier: MIT
#include <ebm/optim/schedule.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

TEST_CASE("StepDecay multiplies by gamma after every period") {
  const ebm::StepDecay each;
  CHECK(each.factor(0) == 1);
  CHECK(each.factor(1) == Approx(0.97));
  CHECK(each.factor(59) == Approx(std::pow(0.97, 59)));
  const ebm::StepDecay third({.period = 3, .gamma = 0.5});
  CHECK(third.factor(2) == 1);
  CHECK(third.factor(3) == 0.5);
  CHECK(third.factor(8) == 0.25);
  CHECK(ebm::ConstantRate::factor(100) == 1);
}

TEST_CASE("StepDecay refuses a period below 1 and a factor that is not above 0") {
  const auto message = [](const ebm::StepDecayOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { ebm::StepDecay decay(options); });
  };
  CHECK(message({.period = 0}) == "StepDecay: period must be >= 1, got 0");
  CHECK(message({.gamma = 0}) == "StepDecay: gamma must be > 0 and finite, got 0");
  CHECK(message({.gamma = INFINITY}) == "StepDecay: gamma must be > 0 and finite, got inf");
}
