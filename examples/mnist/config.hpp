// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Options of a command as a file in TOML: a line `flag = value` for each, without the dashes.
namespace ebm_mnist {

/// A line of such a file.
struct ConfigEntry {
  std::string name;
  std::string value;  ///< as the command line would say it
  std::uint32_t line;
  bool is_single;  ///< no array or table
  bool is_text;    ///< in quotes
};

/// The lines of a file, in their order.
///
/// Throws `ebm::Error` that names the line where the text is no TOML, or a key has several parts.
std::vector<ConfigEntry> read_config(std::string_view text);

/// Gives the command's options the values of the file where the command line says nothing.
///
/// Throws `ebm::Error` that names the file, and the line where there is one, for a file that can't
/// be read, for options that the command doesn't have and for values that they don't take.
/// not_from_file: options that a file can't set
void apply_config(CLI::App& command, const std::filesystem::path& file,
                  const std::vector<std::string>& not_from_file);

/// The names of the options, without dashes, and their present values as `to_config` writes them.
///
/// left_out: names without dashes
std::vector<std::pair<std::string, std::string>> config_values(
    const CLI::App& command, const std::vector<std::string>& left_out);

/// The options with their present values, so that `apply_config` gives them back: numbers in TOML's
/// form, whatever form the command line gave them, and texts in quotes.
///
/// Throws `ebm::Error` for a text that is not UTF-8, which TOML can't hold.
/// left_out: names without dashes
std::string to_config(const CLI::App& command, const std::vector<std::string>& left_out);

}  // namespace ebm_mnist
