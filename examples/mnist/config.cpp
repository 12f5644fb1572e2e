// SPDX-License-Identifier: MIT
#include "config.hpp"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/take_text.hpp>
#include <ebm/io/utf8.hpp>
#include <sstream>
#include <string_view>

namespace ebm_mnist {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The shortest digits that mean a number.
template <class... Number>
std::string digits_of(Number... number) {
  std::array<char, 32> digits;
  return {digits.data(),
          std::to_chars(digits.data(), digits.data() + digits.size(), number...).ptr};
}
std::string digits_of(double number) {
  return digits_of(number + 0.0, std::chars_format::general);  // no -0, which TOML reads as 0
}

/// A value as the command line would say it.
std::string text_of(const toml::node& value) {
  if (const auto text = value.value_exact<std::string>()) return *text;
  if (const auto number = value.value_exact<std::int64_t>()) return digits_of(*number);
  if (const auto number = value.value_exact<double>()) return digits_of(*number);
  std::ostringstream text;
  value.visit([&](const auto& node) { text << node; });
  return text.str();
}

/// What the file says of an option: a truth value, a number, or text.
enum class Kind { flag, whole_number, number, text };

Kind kind_of(const CLI::Option& option) {
  if (option.get_expected_min() == 0) return Kind::flag;
  const std::string type = option.get_type_name();  // with what the value is checked for
  if (type.starts_with("INT") || type.starts_with("UINT")) return Kind::whole_number;
  return type.starts_with("FLOAT") ? Kind::number : Kind::text;
}

/// The option's present value as TOML.
std::string value_of(const CLI::Option& option) {
  switch (kind_of(option)) {
    case Kind::flag:
      return option.count() > 0 ? option.reduced_results().front() : "false";
    case Kind::whole_number:
      return digits_of(option.as<std::int64_t>());
    case Kind::number:
      return digits_of(option.as<double>());
    case Kind::text:
      break;
  }
  const std::string value =
      option.count() > 0 ? option.reduced_results().front() : option.get_default_str();
  ebm::require(ebm::io::is_utf8(value), option.get_name(), ": ", ebm::io::quoted_text(value),
               " is not UTF-8, which config.toml could not say again");
  std::ostringstream text;
  text << toml::toml_formatter(toml::value<std::string>(value), toml::format_flags::none);
  return text.str();
}

void skip(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

/// Takes a text in quotes, or a word of letters, digits and signs, off the line; false if neither
/// comes next.
bool take_value(std::string_view& line) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const char quote = line.empty() ? '\0' : line.front();
  const std::size_t before = line.size();
  if (quote != '"' && quote != '\'') {
    skip(line, std::string(letters) + "0123456789_+-.");
    return line.size() < before;
  }
  for (std::size_t i = 1; i < before; ++i) {
    if (line[i] == quote) {
      line.remove_prefix(i + 1);
      return true;
    }
    if (line[i] == '\\' && quote == '"') ++i;
  }
  return false;
}

/// Whether a line is `flag = value`, a comment or empty.
bool is_plain(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  const auto is_over = [&] {
    skip(line, blanks);
    return line.empty() || line.front() == '#';
  };
  if (is_over()) return true;
  const std::string_view from_key = line;
  if (!take_value(line)) return false;
  const std::string_view key = from_key.substr(0, from_key.size() - line.size());
  const bool is_bare = key.front() != '"' && key.front() != '\'';
  if (is_bare && key.find('.') != key.npos) return false;
  skip(line, blanks);
  if (!line.starts_with('=')) return false;
  line.remove_prefix(1);
  skip(line, blanks);
  return take_value(line) && is_over();
}

/// Throws `ebm::Error` unless all lines are plain: toml++ is not made for what strangers write. It
/// recurses on keys of many parts and on nested values, and some letters lead it astray.
void require_plain(std::string_view text) {
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const std::string_view here = ebm::io::detail::take_line(text);
    if (is_plain(here)) continue;
    throw ebm::Error(ebm::sentence("line ", line, ": expected `flag = value`, one value, got ",
                                   ebm::io::quoted_text(here)));
  }
}

}  // namespace

std::vector<ConfigEntry> read_config(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // which some editors write
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  require_plain(text);
  std::vector<ConfigEntry> entries;
  try {
    for (const auto& [key, value] : toml::parse(text)) {
      entries.push_back({std::string(key.str()), text_of(value), key.source().begin.line,
                         !value.is_table() && !value.is_array(), value.is_string()});
    }
  } catch (const toml::parse_error& error) {
    throw ebm::Error(ebm::sentence("line ", error.source().begin.line, ": ",
                                   ebm::io::quoted_text(error.description())));
  }
  std::ranges::sort(entries, {}, &ConfigEntry::line);  // a table of TOML has an order of its own
  return entries;
}

void apply_config(CLI::App& command, const std::filesystem::path& file,
                  const std::vector<std::string>& not_from_file) {
  const std::string text = ebm::io::read_text(file);
  const auto entries = [&] {
    try {
      return read_config(text);
    } catch (const ebm::Error& error) {
      throw ebm::Error(ebm::sentence("config: ", ebm::io::quoted(file), ", ", error.what()));
    }
  }();
  for (const auto& [name, value, line, is_single, is_text] : entries) {
    const auto refuse = [&, at = line](const auto&... why) {
      throw ebm::Error(
          ebm::sentence("config: ", ebm::io::quoted(file), ", line ", at, ": ", why...));
    };
    CLI::Option* option = command.get_option_no_throw("--" + name);
    if (option == nullptr || contains(not_from_file, name)) {
      refuse("'", command.get_name(), "' takes no ", ebm::io::quoted_text(name), " from a file");
    }
    if (!is_single) refuse("expected one value for '", name, "'");
    if (kind_of(*option) == Kind::flag && value != "true" && value != "false") {
      refuse("expected ", name, " = true or false, got ", ebm::io::quoted_text(value));
    }
    if (kind_of(*option) == Kind::text && !is_text) {
      refuse("expected ", name, " = \"...\", a text in quotes, got ", ebm::io::quoted_text(value));
    }
    if (option->count() > 0) continue;  // the command line knows better
    try {
      option->add_result(value);
      option->run_callback();
    } catch (const CLI::Error& error) {
      refuse(ebm::io::printable(error.what(), 300));
    }
  }
}

std::vector<std::pair<std::string, std::string>> config_values(
    const CLI::App& command, const std::vector<std::string>& left_out) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (!contains(left_out, name)) values.emplace_back(name, value_of(*option));
  }
  return values;
}

std::string to_config(const CLI::App& command, const std::vector<std::string>& left_out) {
  std::string text;
  for (const auto& [name, value] : config_values(command, left_out)) {
    text += name + " = " + value + '\n';
  }
  return text;
}

}  // namespace ebm_mnist
