// SPDX-License-Identifier: MIT
#include <ebm/core/error.hpp>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

TEST_CASE("require throws a sentence of its parts, and nothing if its condition holds") {
  CHECK(message_of<InvalidArgument>([] { require(false, "f: got ", 3, ", expected ", 2.5); }) ==
        "f: got 3, expected 2.5");
  CHECK_NOTHROW(require(true, "f"));
}

TEST_CASE("errors are caught as their standard bases") {
  CHECK_THROWS_AS(throw InvalidArgument("x"), std::invalid_argument);
  CHECK_THROWS_AS(throw Error("x"), std::runtime_error);
}
