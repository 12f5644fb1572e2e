// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/optim/rms_prop.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/optimizer_run.hpp"
#include "support/relative_error.hpp"

using ebm::RmsProp;

TEST_CASE("four steps of RmsProp end where those of torch.optim.RMSprop do") {
  // PyTorch 1.13 in float64: RMSprop(p, lr=0.1, alpha=0.9, eps=1e-3), then with momentum=0.8.
  CHECK(relative_error(after_four_steps(RmsProp<double>({.alpha = 0.9, .epsilon = 1e-3})),
                       std::vector{0.418596977557811, -1.4093838429528236, 0.03479797643672833}) <
        1e-12);
  CHECK(relative_error(
            after_four_steps(RmsProp<double>({.alpha = 0.9, .epsilon = 1e-3, .momentum = 0.8})),
            std::vector{0.06790212543884908, -1.0182446660522273, -0.09033266792663569}) < 1e-12);
}

TEST_CASE("RmsProp makes the same first step whatever the gradient's size") {
  // v = (1 - alpha) g^2, so the step is rate / sqrt(1 - alpha) against the gradient's sign.
  RmsProp<double> rms_prop({.alpha = 0.75});
  std::vector<double> parameters{0, 0};
  rms_prop.step(parameters, std::vector{1e4, -1e-2}, 0.5);
  CHECK(parameters[0] == Approx(-1).epsilon(1e-5));
  CHECK(parameters[1] == Approx(1).epsilon(1e-5));
}

TEST_CASE("RmsProp keeps a velocity only with momentum, and refuses the other's state") {
  check_velocity_is_kept(RmsProp<double>(), RmsProp<double>({.momentum = 0.9}));
}

TEST_CASE("RmsProp refuses numbers outside of their range, with the value") {
  const auto message = [](const ebm::RmsPropOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { RmsProp<> rms_prop(options); });
  };
  CHECK(message({.learning_rate = -1}) == "RmsProp: learning_rate must be > 0 and finite, got -1");
  CHECK(message({.alpha = 1}) == "RmsProp: alpha must be in [0, 1), got 1");
  CHECK(message({.alpha = std::nan("")}) == "RmsProp: alpha must be in [0, 1), got nan");
  CHECK(message({.epsilon = 0}) == "RmsProp: epsilon must be > 0, got 0");
  CHECK(message({.momentum = -0.5}) == "RmsProp: momentum must be in [0, 1), got -0.5");
}
