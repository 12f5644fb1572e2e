// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/clip.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/relative_error.hpp"
#include "support/tutorial_golden.hpp"

namespace {
using ebm::Adam;
}  // namespace

TEMPLATE_TEST_CASE("three training steps end where PyTorch's do", "", float, double) {
  using T = TestType;
  auto energy = tutorial_energy<T>();
  const auto real = tutorial_golden().samples<T>("real"),
             fake = tutorial_golden().samples<T>("fake");
  const ebm::ContrastiveDivergence loss({.alpha = 0.1});
  ebm::LossGradient<T> loss_gradient;
  ebm::Serial executor;
  Adam<T> adam;
  const ebm::GlobalNormClip clip(0.1);
  std::vector<T> gradient(energy.parameters().size());
  for (const char* step : {"step1/loss", "step2/loss", "step3/loss"}) {
    INFO(step);
    const std::span<T> g(gradient);
    const auto result = loss_gradient(energy, loss, real, fake, executor, g);
    const double norm = clip(g);
    energy.change_parameters(
        [&](std::span<T> parameters) { adam.step(parameters, g, adam.learning_rate()); });
    const auto expected = tutorial_golden().values<double>(step);
    // The loss and its contrastive divergence are differences of scores that are 100 times as
    // large.
    CHECK(result.loss.total == Approx(expected[0]).epsilon(10 * golden_tolerance<T>));
    CHECK(result.loss.parts[0] == Approx(expected[1]).epsilon(golden_tolerance<T>));
    CHECK(result.loss.parts[1] == Approx(expected[2]).epsilon(10 * golden_tolerance<T>));
    CHECK(norm == Approx(expected[3]).epsilon(golden_tolerance<T>));
  }
  for (const auto& info : energy.parameter_infos()) {
    INFO(info.name);
    const auto part = energy.parameters().subspan(static_cast<std::size_t>(info.offset),
                                                  static_cast<std::size_t>(info.size));
    CHECK(relative_error(part, tutorial_golden().values<double>("after_3_steps/" + info.name)) <
          golden_tolerance<T>);
  }
}

TEST_CASE("Adam follows its equations") {
  const double rate = 0.1, beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
  Adam<double> adam({.learning_rate = rate, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon});
  std::vector<double> p{1, -2};
  double m = 0, v = 0, expected = 1;
  for (int t = 1; t <= 4; ++t) {
    const std::vector<double> g{p[0] * t, 0};
    m = beta1 * m + (1 - beta1) * g[0];
    v = beta2 * v + (1 - beta2) * g[0] * g[0];
    expected -=
        rate * (m / (1 - std::pow(beta1, t))) / (std::sqrt(v / (1 - std::pow(beta2, t))) + epsilon);
    adam.step(p, g, adam.learning_rate());
    CHECK(p[0] == Approx(expected).epsilon(1e-12));
    CHECK(p[1] == -2);
  }
}

TEST_CASE("Adam finds the minimum of a badly scaled quadratic") {
  Adam<double> adam({.learning_rate = 0.05, .beta1 = 0.9});
  std::vector<double> p{3, -2};
  for (int t = 0; t < 2000; ++t) {
    adam.step(p, std::vector{p[0] - 1, 100 * (p[1] - 2)}, 0.05 / (1 + 0.01 * t));
  }
  CHECK(p[0] == Approx(1).margin(1e-3));
  CHECK(p[1] == Approx(2).margin(1e-3));
}

TEST_CASE("Adam takes the rate that it is given, not the one it starts from") {
  // Without memory (beta1 = 0) the first step is the rate, against the gradient's sign.
  Adam<double> adam({.learning_rate = 0.5});
  std::vector<double> p{1, 1};
  adam.step(p, std::vector{3.0, -0.01}, 0.125);
  CHECK(p[0] == Approx(0.875).epsilon(1e-5));
  CHECK(p[1] == Approx(1.125).epsilon(1e-5));
  CHECK(adam.learning_rate() == 0.5);
}

TEST_CASE("Adam refuses numbers outside of their range, with the value") {
  const double nan = std::nan("");
  const auto message = [](const ebm::AdamOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { Adam<> adam(options); });
  };
  CHECK(message({.learning_rate = 0}) == "Adam: learning_rate must be > 0 and finite, got 0");
  CHECK(message({.learning_rate = 1e39}) ==
        "Adam: learning_rate must be > 0 and finite, got 1e+39");  // not in float
  CHECK(message({.learning_rate = nan}) == "Adam: learning_rate must be > 0 and finite, got nan");
  CHECK(message({.beta1 = 1}) == "Adam: beta1 must be in [0, 1), got 1");
  CHECK(message({.beta1 = nan}) == "Adam: beta1 must be in [0, 1), got nan");
  CHECK(message({.beta2 = -0.1}) == "Adam: beta2 must be in [0, 1), got -0.1");
  CHECK(message({.epsilon = 0}) == "Adam: epsilon must be > 0, got 0");
  CHECK(message({.learning_rate = 1e-60}) ==
        "Adam: learning_rate must be > 0 and finite, got 1e-60");
  CHECK(message({.epsilon = 1e-60}) == "Adam: epsilon must be > 0, got 1e-60");
  CHECK_NOTHROW(Adam<double>({.learning_rate = 1e-60, .epsilon = 1e-60}));
}

TEST_CASE("Adam refuses sizes that differ, or change between steps") {
  Adam<double> adam;
  std::vector<double> two(2), three(3);
  const auto message = [&](std::vector<double>& parameters, const std::vector<double>& gradient) {
    return message_of<ebm::InvalidArgument>([&] { adam.step(parameters, gradient, 0.1); });
  };
  CHECK(message(two, three) == "Adam::step: 2 parameters expected, got 2 and a gradient of 3");
  adam.step(two, two, 0.1);
  CHECK(message(three, three) == "Adam::step: 2 parameters expected, got 3 and a gradient of 3");
}
