// SPDX-License-Identifier: MIT
// Random numbers and samplers against the distributions that they must have, with more draws than a
// test can afford. Prints a line of JSON for each row of the campaign's table.
//
// Usage: statistics [--seconds N | --smoke | --all] [--seed N] [--findings DIR] [--draws N]
//                   [--row TEXT] [--chunks N]
// --all: 1e10 normals, and twenty minutes for all the rest
// --draws: normals in the row that has most of them, such as 1e10; without it time decides
// --row, --chunks: only rows with this text in their name, and so many pieces of work of each: a
//                  finding's file says which
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "campaign.hpp"

namespace {

double number(const std::string& option, const std::string& value) {
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (end == value.c_str() || *end != '\0' || !(number >= 0 && number < 1e18)) {
    throw std::runtime_error(option + " expects a number >= 0, got " + value);
  }
  return number;
}

statistics::Options parsed(int count, char** words) {
  statistics::Options options;
  for (int i = 1; i < count; ++i) {
    const std::string option = words[i];
    if (option == "--smoke") {
      options.seconds = 2;
      continue;
    }
    if (option == "--all") {
      options.seconds = 1200;
      options.draws = 10'000'000'000;
      continue;
    }
    const std::string value = i + 1 < count ? words[++i] : "";
    if (option == "--seconds") {
      options.seconds = number(option, value);
    } else if (option == "--seed") {
      options.seed = static_cast<std::uint32_t>(number(option, value));
    } else if (option == "--draws") {
      options.draws = static_cast<std::uint64_t>(number(option, value));
    } else if (option == "--chunks") {
      options.chunks = static_cast<std::uint64_t>(number(option, value));
    } else if (option == "--row") {
      options.row = value;
    } else if (option == "--findings") {
      options.findings = value;
    } else {
      throw std::runtime_error("an option that is unknown: " + option);
    }
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  try {
    const statistics::Options options = parsed(count, words);
    std::vector<statistics::Row> rows;
    for (auto some :
         {statistics::normal_rows(options), statistics::word_rows(), statistics::classic_rows(),
          statistics::uniform_rows(), statistics::choice_rows(), statistics::langevin_rows(),
          statistics::annealed_rows(), statistics::exact_rows()}) {
      for (auto& row : some) rows.push_back(std::move(row));
    }
    statistics::run_rows(rows, options);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "statistics: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
