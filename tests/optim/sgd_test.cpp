// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/optim/sgd.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/optimizer_run.hpp"
#include "support/relative_error.hpp"

using ebm::Sgd;

TEST_CASE("four steps of Sgd end where those of torch.optim.SGD do") {
  // PyTorch 1.13 in float64: SGD(p, lr=0.1), (momentum=0.9), (momentum=0.9, nesterov=True).
  CHECK(relative_error(after_four_steps(Sgd<double>()),
                       std::vector{0.70662, -1.27852, 0.34489000000000003}) < 1e-12);
  CHECK(relative_error(after_four_steps(Sgd<double>({.momentum = 0.9})),
                       std::vector{0.5289937499999999, -0.8218375, 0.24973750000000003}) < 1e-12);
  CHECK(relative_error(after_four_steps(Sgd<double>({.momentum = 0.9, .nesterov = true})),
                       std::vector{0.37114466700000004, -0.4604583820000001, 0.16795789899999997}) <
        1e-12);
}

TEST_CASE("without momentum Sgd keeps nothing but the number of parameters") {
  Sgd<double> sgd;
  std::vector<double> parameters{1, 2};
  run_steps(sgd, parameters, 1, 3);
  CHECK(sgd.state().get<std::int64_t>("parameters") == 2);
  CHECK(sgd.state().get<double>("velocity", 0).empty());
}

TEST_CASE("Sgd refuses the state of one that has momentum where it has none, and the reverse") {
  check_velocity_is_kept(Sgd<double>(), Sgd<double>({.momentum = 0.9}));
}

TEST_CASE("Sgd refuses numbers outside of their range, with the value") {
  const auto message = [](const ebm::SgdOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { Sgd<> sgd(options); });
  };
  CHECK(message({.learning_rate = 0}) == "Sgd: learning_rate must be > 0 and finite, got 0");
  CHECK(message({.momentum = 1}) == "Sgd: momentum must be in [0, 1), got 1");
  CHECK(message({.momentum = std::nan("")}) == "Sgd: momentum must be in [0, 1), got nan");
  CHECK(message({.nesterov = true}) == "Sgd: nesterov needs a momentum > 0");
}
