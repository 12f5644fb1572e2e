// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/optim/average.hpp>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

namespace {

using ebm::ExponentialAverage;
using ebm::NoAverage;
using ebm::State;

template <class T>
std::vector<T> value_of(const ExponentialAverage::Average<T>& average, std::size_t count) {
  std::vector<T> values(count);
  average.copy_to(values);
  return values;
}

}  // namespace

TEMPLATE_TEST_CASE("an exponential average weighs updates by decay to their age", "", float,
                   double) {
  using T = TestType;
  for (const double decay : {0.0, 0.5, 0.99}) {
    CAPTURE(decay);
    auto average = ExponentialAverage({.decay = decay}).for_parameters<T>(5);
    CHECK(average.is_empty());
    std::vector<double> sum(5);
    double weights = 0;
    for (std::uint32_t t = 1; t <= 30; ++t) {
      const auto parameters = random_values<T>(5, t);
      average.add(parameters);
      for (std::size_t i = 0; i < 5; ++i) sum[i] = decay * sum[i] + parameters[i];
      weights = decay * weights + 1;
      auto expected = sum;
      for (double& value : expected) value /= weights;
      CHECK(relative_error(value_of(average, 5), expected) < (sizeof(T) == 4 ? 1e-7 : 1e-14));
    }
    CHECK_FALSE(average.is_empty());
  }
}

TEST_CASE("the average of one update is that update, bit by bit, and of equal ones that value") {
  auto average = ExponentialAverage().for_parameters<float>(3);
  const std::vector parameters{0.1f, -1e-30f, 3e30f};
  for (int t = 0; t < 3; ++t) {
    average.add(parameters);
    CHECK(value_of(average, 3) == parameters);
  }
}

TEST_CASE("an average in float follows steps that are too small for float times its weight") {
  // Weight 1e-4 of a difference of 1e-4 is less than half of a float's last bit at 1.
  auto average = ExponentialAverage({.decay = 0.9999}).for_parameters<float>(1);
  for (int t = 0; t < 20000; ++t) average.add(std::vector{1.0f});
  for (int t = 0; t < 100000; ++t) average.add(std::vector{1.0001f});
  CHECK(value_of(average, 1)[0] == 1.0001f);
}

TEST_CASE("an average that is put back goes on to the same bytes") {
  auto average = ExponentialAverage().for_parameters<float>(4);
  for (std::uint32_t t = 1; t <= 3; ++t) average.add(random_values<float>(4, t));
  auto other = ExponentialAverage().for_parameters<float>(4);
  other.restore(average.state());
  CHECK_FALSE(other.is_empty());
  average.add(random_values<float>(4, 9));
  other.add(random_values<float>(4, 9));
  CHECK(other.state() == average.state());
}

TEST_CASE("an average refuses what is no state of one of its size, and stays as it was") {
  auto average = ExponentialAverage().for_parameters<float>(2);
  average.add(std::vector{1.0f, 2.0f});
  const State before = average.state();
  const auto message = [&](const State& state) {
    return message_of<ebm::Error>([&] { average.restore(state); });
  };
  CHECK(message({}) == "State: there is no entry 'mean'");
  CHECK(message(ExponentialAverage().for_parameters<float>(3).state()) ==
        "State: entry 'mean' holds 3 numbers, expected 2");
  State damaged;
  damaged.put("mean", std::vector{0.0, 0.0});
  damaged.put("power", std::numeric_limits<double>::quiet_NaN());
  CHECK(message(damaged) == "State: entry 'power' is nan, expected 0 to 1");
  CHECK(average.state() == before);

  auto none = NoAverage().for_parameters<float>(2);
  CHECK_NOTHROW(none.restore({}));
  CHECK(message_of<ebm::Error>([&] { none.restore(before); }) ==
        "NoAverage: the state has averaged parameters; expected a state without");
}

TEST_CASE("no average is an empty object with an empty state") {
  STATIC_REQUIRE(std::is_empty_v<NoAverage>);
  STATIC_REQUIRE(std::is_empty_v<NoAverage::Average<float>>);
  auto none = NoAverage().for_parameters<float>(2);
  none.add(std::vector{1.0f, 2.0f});
  CHECK(none.is_empty());
  CHECK(none.state().values().empty());
}

TEST_CASE("a decay outside of its range is refused with its value") {
  const auto message = [](double decay) {
    return message_of<ebm::InvalidArgument>([&] { ExponentialAverage({.decay = decay}); });
  };
  CHECK(message(1) == "ExponentialAverage: decay must be in [0, 1), got 1");
  CHECK(message(-0.1) == "ExponentialAverage: decay must be in [0, 1), got -0.1");
  CHECK(message(std::nan("")) == "ExponentialAverage: decay must be in [0, 1), got nan");
}
