// SPDX-License-Identifier: MIT
#include <cstdint>
#include <ebm/core/error.hpp>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/grouping_locale.hpp"
#include "support/message.hpp"

using namespace ebm;

namespace {

/// What a stream of no locale in particular prints.
template <class T>
std::string streamed(const T& value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << value;
  return text.str();
}

}  // namespace

TEST_CASE("require throws a sentence of its parts, and nothing if its condition holds") {
  CHECK(message_of<InvalidArgument>([] { require(false, "f: got ", 3, ", expected ", 2.5); }) ==
        "f: got 3, expected 2.5");
  CHECK_NOTHROW(require(true, "f"));
}

TEST_CASE("errors are caught as their standard bases") {
  CHECK_THROWS_AS(throw InvalidArgument("x"), std::invalid_argument);
  CHECK_THROWS_AS(throw Error("x"), std::runtime_error);
}

TEST_CASE("a sentence joins texts of every kind, characters and numbers") {
  const std::string text = "text";
  char name[8] = "name";
  CHECK(sentence(text, ' ', std::string_view("view"), ' ', name, ' ', text.c_str(), ": ", true, 2u,
                 std::int8_t{-3}, std::uint8_t{4}) == "text view name text: 12-34");
}

TEST_CASE("numbers of a sentence look as a stream prints them") {
  const auto check = [](auto value) { CHECK(sentence(value) == streamed(value)); };
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, -0.0, 1.0, 0.1, 1.0 / 3, 100000.0, 999999.5, 1e6, 1234567.0, 1e-4,
                             1e-5, 1e100, -2.5, 65.535, tiny, std::numeric_limits<double>::max(),
                             infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    check(value);
    check(static_cast<float>(value));
  }
  check(std::numeric_limits<int>::min());
  check(std::numeric_limits<std::int64_t>::min());
  check(std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a sentence does not depend on the program's locale") {
  const GroupingLocale german;
  std::ostringstream text;
  text << 1234567.5;
  REQUIRE(text.str() == "1,23457e+06");
  CHECK(sentence(1234567, ' ', 1234567.5, ' ', 0.5f) == "1234567 1.23457e+06 0.5");
}
