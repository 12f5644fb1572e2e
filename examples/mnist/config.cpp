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
  if (const auto whole = value.value_exact<std::int64_t>()) return std::to_string(*whole);
  if (const auto is_on = value.value_exact<bool>()) return *is_on ? "true" : "false";
  if (const auto number = value.value_exact<double>()) {
    std::array<char, 32> digits;
    return {digits.data(),
            std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr};
  }
  return {};
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

toml::table read_table(const std::filesystem::path& file) {
  const auto bytes = ebm::io::read_file(file);
  try {
    return toml::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const toml::parse_error& error) {
    throw ebm::Error(ebm::sentence("config: ", ebm::io::quoted(file), ", line ",
                                   error.source().begin.line, ": ", error.description()));
  }
}

}  // namespace

void apply_config(CLI::App& command, const std::filesystem::path& file,
                  const std::vector<std::string>& not_from_file) {
  for (const auto& [key, value] : read_table(file)) {
    const auto refuse = [&, line = value.source().begin.line](const auto&... why) {
      throw ebm::Error(
          ebm::sentence("config: ", ebm::io::quoted(file), ", line ", line, ": ", why...));
    };
    const std::string name(key.str());
    CLI::Option* option = command.get_option_no_throw("--" + name);
    if (option == nullptr || contains(not_from_file, name)) {
      refuse("'", command.get_name(), "' takes no ", ebm::io::quoted_text(name), " from a file");
    }
    if (value.is_table() || value.is_array()) refuse("expected one value for '", name, "'");
    if (option->count() > 0) continue;  // the command line knows better
    try {
      option->add_result(text_of(value));
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
