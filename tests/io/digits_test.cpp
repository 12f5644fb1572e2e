// SPDX-License-Identifier: MIT
#include <ebm/io/digits.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/grouping_locale.hpp"

using namespace ebm::io;

TEST_CASE("zeros fill a number up to its width, and a longer one stays whole") {
  CHECK(zero_padded(7, 3) == "007");
  CHECK(zero_padded(0, 3) == "000");
  CHECK(zero_padded(1234, 3) == "1234");
  CHECK(zero_padded(0x803, 8, 16) == "00000803");
  CHECK(zero_padded(std::numeric_limits<std::uint64_t>::max(), 0) == "18446744073709551615");
}

TEST_CASE("a number has as many decimals or significant digits as asked for") {
  CHECK(with_decimals(-1.25, 3) == "-1.250");
  CHECK(with_decimals(0.0625, 1) == "0.1");
  CHECK(with_decimals(std::numeric_limits<double>::lowest(), 100).size() == 1 + 309 + 1 + 100);
  CHECK(with_significant(0.25, 4) == "0.25");
  CHECK(with_significant(123456, 4) == "1.235e+05");
  CHECK(with_significant(std::numeric_limits<double>::quiet_NaN(), 4) == "nan");
}

TEST_CASE("digits do not depend on the program's locale") {
  const GroupingLocale german;
  CHECK(zero_padded(1234567, 10) == "0001234567");
  CHECK(with_decimals(1234567.5, 2) == "1234567.50");
  CHECK(with_significant(1234.5, 5) == "1234.5");
}
