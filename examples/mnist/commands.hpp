// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/App.hpp>
#include <stdexcept>
#include <string>
#include <vector>

/// The commands of ebm-mnist: each adds itself to the program, and runs when it is chosen.
///
/// A command throws `ebm::InvalidArgument` for wrong usage and `ebm::Error` for the rest, with one
/// sentence.
namespace ebm_mnist {

/// A signal ended the command, which has saved what it had.
class Interrupted : public std::runtime_error {
 public:
  Interrupted(int signal, const std::string& what) : std::runtime_error(what), signal_(signal) {}
  [[nodiscard]] int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

/// cpu: the instruction set that was asked for when the command runs, or nothing
/// typed: the program's command line, for the record
void add_train(CLI::App& app, const std::string& cpu, std::vector<std::string> typed);
void add_sample(CLI::App& app, const std::string& cpu);
void add_generate(CLI::App& app, const std::string& cpu);
void add_score(CLI::App& app, const std::string& cpu);
void add_analyze(CLI::App& app, const std::string& cpu);
void add_denoise(CLI::App& app, const std::string& cpu);
void add_inpaint(CLI::App& app, const std::string& cpu);
void add_embed(CLI::App& app);
void add_export(CLI::App& app, const std::string& cpu);
void add_report(CLI::App& app, const std::string& cpu);

}  // namespace ebm_mnist
