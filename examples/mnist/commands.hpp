// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/schedule.hpp>
#include <ebm/sampler/policies.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The commands of ebm-mnist and their options; the defaults are the tutorial's.
///
/// Each command throws `ebm::Error` or `ebm::InvalidArgument` with one sentence.
namespace ebm_mnist {

struct TrainOptions {
  std::filesystem::path data = EBM_MNIST_DATA_DIR;
  std::filesystem::path out = "runs/mnist";
  bool overwrite = false;
  int epochs = 60;
  int batch = 128;
  double data_noise = 0.005;
  bool no_shuffle = false;
  int limit_batches = 0;
  ebm::LangevinOptions langevin;
  ebm::ReplayBufferOptions buffer;
  ebm::ContrastiveDivergenceOptions loss;
  ebm::AdamOptions adam;
  ebm::StepDecayOptions decay;
  double gradient_norm = 0.1;
  std::uint32_t seed = 0;
  int threads = 0;
  std::vector<std::string> command;  ///< what was typed, for the record
};
void train(const TrainOptions& options);

struct SampleOptions {
  std::filesystem::path model;
  std::filesystem::path out;
  int count = 64;
  int trace = 0;
  ebm::LangevinOptions langevin{.steps = 256};
  std::uint32_t seed = 0;
  int threads = 0;
};
void sample(const SampleOptions& options);

struct ScoreOptions {
  std::filesystem::path model;
  std::vector<std::filesystem::path> images;
  bool json = false;
  int threads = 0;
};
void score(const ScoreOptions& options);

/// Whether a file's name ends in `.png` or the like, in small or capital letters.
[[nodiscard]] inline bool has_extension(const std::filesystem::path& path, std::string_view name) {
  const std::string extension = path.extension().string();
  return std::ranges::equal(extension, name, {}, [](unsigned char c) { return std::tolower(c); });
}

}  // namespace ebm_mnist
