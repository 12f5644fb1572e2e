// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <ebm/sampler/policies.hpp>
#include <filesystem>
#include <string_view>

#include "engine.hpp"

/// What the options of several commands have in common.
namespace ebm_mnist {

inline constexpr long long million = 1'000'000;

/// Which of its two bounds a range leaves out.
enum class Without { none, low, high };

/// Accepts numbers from `low` to `high`.
CLI::Validator number(double low, double high, Without bound = Without::none);

/// Accepts whole numbers in [low, high] and drops leading zeros, which CLI11 takes for octal.
CLI::Validator whole(long long low, long long high);

/// `--model`, and its default: the better one of those that come with the program
void add_model(CLI::App& command, std::filesystem::path& model);

/// `--data`
void add_data(CLI::App& command, std::filesystem::path& data);

/// `--held-out`; text: what it does
void add_held_out(CLI::App& command, int& digit, const std::string& text);

/// The file of a bundled model, or what else a `--model` names.
[[nodiscard]] std::filesystem::path model_file(const std::string& name);

/// `--seed`
void add_seed(CLI::App& command, std::uint32_t& seed);

/// `--threads`
void add_threads(CLI::App& command, int& threads);

/// `--steps`, `--step-size`, `--noise` and `--clip`
void add_chains(CLI::App& command, ChainOptions& options);

/// `--stay` and `--digit`, for models with noise levels
void add_levels(CLI::App& command, ChainOptions& options);

/// The steps from noise after which samples of such a model are good.
[[nodiscard]] int steps_for(const Model& model);

/// Gives chains over noise levels, unless the command names steps, those after which samples of the
/// bundled model are best; throws `InvalidArgument` if they stay where they have not come.
void choose_steps(const CLI::App& command, const Model& model, ChainOptions& chains);

/// Throws `ebm::InvalidArgument` for an option of the command that chains of such a model have not.
void require_options_fit(const CLI::App& command, const Model& model);

/// Whether a file's name ends in `.png` or the like, in small or capital letters.
[[nodiscard]] inline bool has_extension(const std::filesystem::path& path, std::string_view name) {
  const std::string extension = path.extension().string();
  return std::ranges::equal(extension, name, {}, [](unsigned char c) { return std::tolower(c); });
}

}  // namespace ebm_mnist
