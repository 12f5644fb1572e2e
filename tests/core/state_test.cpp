// SPDX-License-Identifier: MIT
#include <ebm/core/state.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"

using ebm::Error;
using ebm::State;

namespace {

State example() {
  State part;
  part.put("weights", std::vector{1.0f, 2.0f});
  part.put("power", 0.5);
  State state;
  state.put("optimizer", part);
  state.put("step", std::int64_t{7});
  return state;
}

}  // namespace

TEST_CASE("a state gives back what was put into it, and its parts") {
  const State state = example();
  CHECK(state.get<std::int64_t>("step") == 7);
  CHECK(state.get<double>("optimizer.power") == 0.5);
  const State part = state.part("optimizer");
  CHECK(part.values().size() == 2);
  CHECK(part.get<float>("weights", 2)[1] == 2);
  CHECK(state.part("optim").values().empty());
  CHECK(state == example());
  CHECK_FALSE(state == part);
}

TEST_CASE("what a state doesn't hold is refused by name") {
  const State state = example();
  CHECK(message_of<Error>([&] { return state.get<double>("rate"); }) ==
        "State: there is no entry 'rate'");
  CHECK(message_of<Error>([&] { return state.get<double>("step"); }) ==
        "State: entry 'step' holds another type of number");
  CHECK(message_of<Error>([&] { return state.get<float>("optimizer.weights", 3); }) ==
        "State: entry 'optimizer.weights' holds 2 numbers, expected 3");
  State twice = example();
  CHECK(message_of<ebm::InvalidArgument>([&] { twice.put("step", 1.0); }) ==
        "State: there are two entries 'step'");
}

TEST_CASE(
    "a number out of its range, or one that is not finite, is named with the parts it is in") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  ebm::State inner;
  inner.put("epoch", std::int64_t{7});
  inner.put("factor", nan);
  inner.put("values", std::vector{1.0f, std::numeric_limits<float>::infinity()});
  ebm::State all;
  all.put("trainer", inner);
  const ebm::State part = all.part("trainer");
  CHECK(part.get<std::int64_t>("epoch", 7, 7) == 7);
  CHECK(part.count("epoch", 7) == 7);
  const auto message = [](const auto& f) { return message_of<ebm::Error>(f); };
  CHECK(message([&] { (void)part.count("epoch", 8); }) ==
        "State: entry 'trainer.epoch' is 7, expected 8 to 2147483646");
  CHECK(message([&] { (void)part.get<double>("factor", 0, 1); }) ==
        "State: entry 'trainer.factor' is nan, expected 0 to 1");
  CHECK(message([&] { (void)part.finite<float>("values", 2); }) ==
        "State: number 1 of entry 'trainer.values' is inf, expected a finite one, 3.40282e+38 at "
        "most in size");
  CHECK(
      message([&] { (void)part.finite<float>("values", 2, 0.5f); }) ==
      "State: number 0 of entry 'trainer.values' is 1, expected a finite one, 0.5 at most in size");
}
