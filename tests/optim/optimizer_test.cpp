// SPDX-License-Identifier: MIT
#include <ebm/optim/adamw.hpp>
#include <ebm/optim/rms_prop.hpp>
#include <ebm/optim/sgd.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/optimizer_run.hpp"
#include "support/random_samples.hpp"

namespace {

struct WithoutRate {
  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate);
};

struct ChangesTheGradient {
  void step(std::span<float> parameters, std::span<float> gradient, double learning_rate);
  [[nodiscard]] double learning_rate() const;
};

/// Calls `check` with each optimiser of parameters of type `T`.
template <class T, class Check>
void with_each_optimizer(const Check& check) {
  check("Adam", ebm::Adam<T>({.beta1 = 0.9}));
  check("AdamW", ebm::AdamW<T>());
  check("RmsProp", ebm::RmsProp<T>());
  check("RmsProp", ebm::RmsProp<T>({.momentum = 0.9}));
  check("Sgd", ebm::Sgd<T>());
  check("Sgd", ebm::Sgd<T>({.momentum = 0.9}));
  check("Sgd", ebm::Sgd<T>({.momentum = 0.9, .nesterov = true}));
}

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

TEMPLATE_TEST_CASE("an optimiser that is put back goes on to the same bytes", "", float, double) {
  using T = TestType;
  with_each_optimizer<T>([](const char* name, auto optimizer) {
    CAPTURE(name);
    auto fresh = optimizer;
    auto uninterrupted = random_values<T>(20, 1);
    auto interrupted = uninterrupted;
    run_steps(optimizer, uninterrupted, 1, 4);
    fresh.restore(optimizer.state());
    CHECK(fresh.state() == optimizer.state());
    interrupted = uninterrupted;
    run_steps(optimizer, uninterrupted, 4, 7);
    run_steps(fresh, interrupted, 4, 7);
    CHECK(interrupted == uninterrupted);
    CHECK(fresh.state() == optimizer.state());
  });
}

TEST_CASE("an optimiser that is put back to before its first step takes any number of parameters") {
  with_each_optimizer<double>([](const char* name, auto optimizer) {
    CAPTURE(name);
    const ebm::State before = optimizer.state();
    std::vector<double> two(2), three(3);
    run_steps(optimizer, two, 1, 3);
    optimizer.restore(before);
    CHECK(optimizer.state() == before);
    CHECK_NOTHROW(run_steps(optimizer, three, 1, 2));
  });
}

TEST_CASE("every optimiser refuses sizes that differ, or change between steps") {
  with_each_optimizer<double>([](const std::string& name, auto optimizer) {
    std::vector<double> two(2), three(3);
    const auto message = [&](std::vector<double>& parameters, const std::vector<double>& gradient) {
      return message_of<ebm::InvalidArgument>([&] { optimizer.step(parameters, gradient, 0.1); });
    };
    CHECK(message(two, three) == name + "::step: 2 parameters expected, got 2 and a gradient of 3");
    optimizer.step(two, two, 0.1);
    CHECK(message(three, three) ==
          name + "::step: 2 parameters expected, got 3 and a gradient of 3");
  });
}

TEST_CASE("no optimiser takes a state that is none of its kind, and it stays as it was") {
  with_each_optimizer<double>([](const char* name, auto optimizer) {
    CAPTURE(name);
    std::vector<double> two{1, 2};
    run_steps(optimizer, two, 1, 3);
    const ebm::State before = optimizer.state();
    CHECK_THROWS_AS(optimizer.restore(ebm::State()), ebm::Error);
    ebm::State damaged;
    for (const auto& [entry, values] : before.values()) {
      if (entry == "parameters") {
        damaged.put(entry, std::int64_t{-1});
      } else {
        damaged.put(entry, values);
      }
    }
    CHECK(message_of<ebm::Error>([&] { optimizer.restore(damaged); }) ==
          "State: an optimiser of -1 parameters");
    CHECK(optimizer.state() == before);
  });
}
