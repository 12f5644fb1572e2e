// SPDX-License-Identifier: MIT
#pragma once

#include <locale>
#include <string>

/// As long as it lives, the program's locale writes 1234567.5 as "1.234.567,5", as in Germany.
class GroupingLocale {
 public:
  GroupingLocale() = default;
  GroupingLocale(const GroupingLocale&) = delete;
  GroupingLocale& operator=(const GroupingLocale&) = delete;
  ~GroupingLocale() { std::locale::global(before_); }

 private:
  struct Digits : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

  std::locale before_ = std::locale::global(std::locale(std::locale(), new Digits));
};
