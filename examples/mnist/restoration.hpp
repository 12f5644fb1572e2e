// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/App.hpp>
#include <ebm/core/samples.hpp>
#include <filesystem>
#include <vector>

#include "cli.hpp"
#include "engine.hpp"

/// What the commands that restore images have in common.
namespace ebm_mnist {

struct RestorationOptions {
  std::filesystem::path model;
  std::vector<std::filesystem::path> images;
  std::vector<std::filesystem::path> original;
  std::filesystem::path out;
  bool already_corrupted = false;
  int count = 16;
  int chains = 16;
  ChainOptions walk;
  bool json = false, quiet = false;
  std::uint32_t seed = 0;
  int threads = 0;
};

/// The options of both; `images` says what the corruption is that the command makes.
void add_restoration(CLI::App& command, RestorationOptions& options);

/// Images before and after, [image][pixel] each.
struct Restoration {
  ebm::Samples<float> original{0, pixels};  ///< no rows where it is not known
  ebm::Samples<float> corrupted{0, pixels};
  ebm::Samples<float> restored{0, pixels};
};

/// Checks `--out` and reads the images: into `original` those that the command is to corrupt, or
/// into `corrupted` those that are so already.
Restoration read_images(const RestorationOptions& options);

/// Writes the picture or the restored images, and tells how near they are to the original ones.
void report(const RestorationOptions& options, const Restoration& restoration);

}  // namespace ebm_mnist
