// SPDX-License-Identifier: MIT
#include <ebm/loss/loss.hpp>

#include "support/catch.hpp"

namespace {

struct WithoutSlope {
  [[nodiscard]] ebm::LossValue term(double score, ebm::Role role) const;
};

struct ValueIsANumber {
  [[nodiscard]] double term(double score, ebm::Role role) const;
  [[nodiscard]] double slope(double score, ebm::Role role) const;
};

}  // namespace

TEST_CASE("a loss needs a term with its parts, and a slope") {
  STATIC_REQUIRE_FALSE(ebm::Loss<WithoutSlope>);
  STATIC_REQUIRE_FALSE(ebm::Loss<ValueIsANumber>);
}

TEST_CASE("loss values add and scale in each part") {
  ebm::LossValue sum{1, {2, 3}};
  sum += 2 * ebm::LossValue{10, {20, 30}};
  CHECK(sum.total == 21);
  CHECK(sum.parts[0] == 42);
  CHECK(sum.parts[1] == 63);
}
