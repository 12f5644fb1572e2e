// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/loss/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {
using ebm::ContrastiveDivergence;
using ebm::Role;
}  // namespace

TEST_CASE("a sample's share is its signed score plus alpha times its square") {
  const ContrastiveDivergence loss({.alpha = 0.5});
  const auto data = loss.term(3, Role::data), model = loss.term(3, Role::model);
  CHECK(data.parts[1] == -3);
  CHECK(model.parts[1] == 3);
  CHECK(data.parts[0] == 4.5);
  CHECK(data.total == 1.5);
  CHECK(model.total == 7.5);
}

TEST_CASE("the slope is the derivative of the share") {
  const double h = 1e-6;
  for (const double alpha : {0.0, 0.1, 2.0}) {
    const ContrastiveDivergence loss({.alpha = alpha});
    const ContrastiveDivergence<ebm::NoRegularizer> plain({.alpha = alpha});
    for (const double score : {-4.0, 0.0, 0.7}) {
      for (const Role role : {Role::data, Role::model}) {
        const auto difference = [&](const auto& l) {
          return (l.term(score + h, role).total - l.term(score - h, role).total) / (2 * h);
        };
        CHECK(loss.slope(score, role) == Approx(difference(loss)).margin(1e-8));
        CHECK(plain.slope(score, role) == Approx(difference(plain)).margin(1e-8));
      }
    }
  }
}

TEST_CASE("sign: less energy on data and more on the model's samples lowers the loss") {
  const ContrastiveDivergence loss({.alpha = 0});
  const auto with_energy = [&](double energy, Role role) { return loss.term(-energy, role).total; };
  CHECK(with_energy(-1, Role::data) < with_energy(0, Role::data));
  CHECK(with_energy(1, Role::model) < with_energy(0, Role::model));
}

TEST_CASE("an alpha that is not at least 0 is refused with its value") {
  const auto message = [](double alpha) {
    return message_of<ebm::InvalidArgument>([&] { ContrastiveDivergence({.alpha = alpha}); });
  };
  CHECK(message(-1) == "ContrastiveDivergence: alpha must be >= 0 and finite, got -1");
  CHECK(message(std::nan("")) == "ContrastiveDivergence: alpha must be >= 0 and finite, got nan");
}
