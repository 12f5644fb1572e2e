// SPDX-License-Identifier: MIT
#include "usage.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

namespace ebm_mnist {

namespace {

constexpr std::size_t columns = 80;

/// Changes that make `a` of `b`: another letter, one more, one less, or two that are exchanged (the
/// optimal string alignment distance).
std::size_t changes(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      std::size_t& least = table[i][j];
      least = i + j;
      if (i == 0 || j == 0) continue;
      least = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1,
                        table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool are_exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (are_exchanged) least = std::min(least, table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

/// Appends words in lines.
void append_words(std::string& result, std::string_view words, std::size_t width) {
  std::size_t used = 0;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (word.empty()) continue;
    const bool fits = used + 1 + word.size() <= width;
    if (used > 0) result += fits ? ' ' : '\n';
    used = used > 0 && fits ? used + 1 + word.size() : word.size();
    result += word;
  }
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width) {
  std::string result, paragraph;
  const auto begin_line = [&] { result += result.empty() ? "" : "\n"; };
  const auto end_paragraph = [&] {
    if (paragraph.empty()) return;
    begin_line();
    append_words(result, paragraph, width);
    paragraph.clear();
  };
  for (;;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.empty() || line.front() == ' ') {
      end_paragraph();
      begin_line();
      result += line;
    } else {
      paragraph.append(" ").append(line);
    }
    if (line.size() == text.size()) break;
    text.remove_prefix(line.size() + 1);
  }
  end_paragraph();
  return result;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const auto distance = [&](const std::string& candidate) { return changes(word, candidate); };
  const auto best = std::ranges::min_element(candidates, {}, distance);
  return best != candidates.end() && 3 * distance(*best) <= best->size() ? *best : "";
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return wrapped(Formatter::make_option_desc(option), columns - get_column_width());
}
std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrapped(Formatter::make_description(app), columns);
}
std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return wrapped(Formatter::make_footer(app), columns);
}
std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  const std::string description = command->get_description();
  std::string_view first = std::string_view(description).substr(0, description.find('\n'));
  if (constexpr std::string_view example = ", e.g."; first.ends_with(example)) {
    first.remove_suffix(example.size());
  }
  std::ostringstream text;
  CLI::detail::format_help(text, command->get_display_name(true), std::string(first),
                           get_column_width());
  return text.str();
}

}  // namespace ebm_mnist
