// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/optim/adamw.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/optimizer_run.hpp"
#include "support/relative_error.hpp"

using ebm::AdamW;

TEST_CASE("four steps of AdamW end where those of torch.optim.AdamW do") {
  // PyTorch 1.13 in float64: AdamW(p, lr=0.1, betas=(0.9, 0.99), eps=1e-3, weight_decay=0.2).
  CHECK(relative_error(
            after_four_steps(
                AdamW<double>({.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-3, .weight_decay = 0.2})),
            std::vector{0.7583177397979799, -1.7154564764152354, 0.27665983261495497}) < 1e-12);
}

TEST_CASE("without decay AdamW is Adam, bit by bit") {
  CHECK(after_four_steps(
            AdamW<double>({.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-3, .weight_decay = 0})) ==
        after_four_steps(ebm::Adam<double>({.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-3})));
}

TEST_CASE("decay alone shrinks parameters by the rate times the decay") {
  AdamW<double> adamw({.weight_decay = 0.5});
  std::vector<double> parameters{4, -8};
  adamw.step(parameters, std::vector{0.0, 0.0}, 0.5);
  CHECK(parameters == std::vector{3.0, -6.0});
}

TEST_CASE("AdamW changes nothing where the sizes differ") {
  AdamW<double> adamw;
  std::vector<double> two{1, 2};
  CHECK(message_of<ebm::InvalidArgument>([&] { adamw.step(two, std::vector{1.0}, 0.1); }) ==
        "AdamW::step: 2 parameters expected, got 2 and a gradient of 1");
  CHECK(two == std::vector{1.0, 2.0});
}

TEST_CASE("AdamW refuses numbers outside of their range, with the value") {
  const auto message = [](const ebm::AdamWOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { AdamW<> adamw(options); });
  };
  CHECK(message({.learning_rate = 0}) == "AdamW: learning_rate must be > 0 and finite, got 0");
  CHECK(message({.beta1 = 1}) == "AdamW: beta1 must be in [0, 1), got 1");
  CHECK(message({.beta2 = -1}) == "AdamW: beta2 must be in [0, 1), got -1");
  CHECK(message({.epsilon = 0}) == "AdamW: epsilon must be > 0, got 0");
  CHECK(message({.weight_decay = -1}) == "AdamW: weight_decay must be >= 0 and finite, got -1");
  CHECK(message({.weight_decay = std::nan("")}) ==
        "AdamW: weight_decay must be >= 0 and finite, got nan");
}
