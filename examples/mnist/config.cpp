// SPDX-License-Identifier: MIT
#include "config.hpp"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <sstream>
#include <string_view>

namespace ebm_mnist {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// A value as the command line would say it.
std::string text_of(const toml::node& value) {
  if (const auto text = value.value_exact<std::string>()) return *text;
  if (const auto number = value.value_exact<double>()) {
    std::array<char, 32> digits;
    return {digits.data(),
            std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr};
  }
  std::ostringstream text;
  value.visit([&](const auto& node) { text << node; });
  return text.str();
}

bool is_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && std::isfinite(value);
}

/// A value as TOML: numbers and truth values as they are, all else as a string.
std::string quoted_value(const std::string& value) {
  if (value == "true" || value == "false" || is_number(value)) return value;
  std::ostringstream text;
  text << toml::value<std::string>(value);
  return text.str();
}

}  // namespace

std::vector<ConfigEntry> read_config(std::string_view text) {
  std::vector<ConfigEntry> entries;
  try {
    for (const auto& [key, value] : toml::parse(text)) {
      entries.push_back({std::string(key.str()), text_of(value), key.source().begin.line,
                         !value.is_table() && !value.is_array()});
    }
  } catch (const toml::parse_error& error) {
    throw ebm::Error(ebm::sentence("line ", error.source().begin.line, ": ", error.description()));
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
  for (const auto& [name, value, line, is_single] : entries) {
    const auto refuse = [&, at = line](const auto&... why) {
      throw ebm::Error(
          ebm::sentence("config: ", ebm::io::quoted(file), ", line ", at, ": ", why...));
    };
    CLI::Option* option = command.get_option_no_throw("--" + name);
    if (option == nullptr || contains(not_from_file, name)) {
      refuse("'", command.get_name(), "' takes no ", ebm::io::quoted_text(name), " from a file");
    }
    if (!is_single) refuse("expected one value for '", name, "'");
    if (option->count() > 0) continue;  // the command line knows better
    try {
      option->add_result(value);
      option->run_callback();
    } catch (const CLI::Error& error) {
      refuse(error.what());
    }
  }
}

std::string to_config(const CLI::App& command, const std::vector<std::string>& left_out) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (contains(left_out, name)) continue;
    const bool is_flag = option->get_expected_min() == 0;
    std::string value = option->count() > 0 ? option->reduced_results().front()
                        : is_flag           ? "false"
                                            : option->get_default_str();
    text += name + " = " + quoted_value(value) + '\n';
  }
  return text;
}

}  // namespace ebm_mnist
