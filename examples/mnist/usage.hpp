// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// How the program speaks of its command line.
namespace ebm_mnist {

/// The text in lines of at most `width` characters, but for words that are longer.
///
/// A line break stays where the next line is empty or begins with a space, which is then left as it
/// is; others are spaces.
std::string wrapped(std::string_view text, std::size_t width);

/// The candidate that `word` was most likely to be: that with the least changes of letters, if
/// those are at most a third of its own, else "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Help in 80 columns.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
  /// The first line of its description, without the example that follows.
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace ebm_mnist
