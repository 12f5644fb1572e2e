// SPDX-License-Identifier: MIT
#include <ebm/core/state.hpp>

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
