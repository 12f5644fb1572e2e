// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/core/samples.hpp>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/loss/denoising_score_matching.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/schedule.hpp>
#include <ebm/sampler/policies.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <ebm/train/chain_guard.hpp>
#include <ebm/train/persistent_annealing.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// What the command train is asked for, and the networks that it can train.
namespace ebm_mnist {

class FolderLock;

/// How chains move.
struct ChainOptions {
  int steps = 60;
  int stay = 0;    ///< steps more at the level of the data; for models with noise levels
  int digit = -1;  ///< of the images, or -1: all; for models with classes
  ebm::LangevinOptions langevin;
};

/// What the recipe matching has and the tutorial's has not.
struct MatchingOptions {
  ebm::LogLogisticLevelsOptions levels;
  double gain = 16;          ///< of the network's output
  double data_level = 0.1;   ///< of E(x) where no level is named
  int warm_up = 150;         ///< iterations
  double averaging = 0.999;  ///< decay of the parameters' average
};

/// What the recipe joint has beside that.
struct JointOptions {
  ebm::LogLogisticLevelsOptions levels{.median = 0.4};  ///< of images whose digits are learnt
  double weight = 0.05;                                 ///< of cross-entropy
};

/// What the recipe persistent has beside that.
struct PersistentOptions {
  std::filesystem::path from;  ///< a model of the recipe matching or joint
  int levels = 64;             ///< from the highest to that of the data
  int stay = 128;              ///< iterations of a chain at the level of the data
  /// Of Langevin steps there, in units of the level.
  double step_size = ebm::PersistentAnnealingOptions{}.step_size;
  /// Of those, in units of 1 / level.
  double friction = ebm::PersistentAnnealingOptions{}.friction;
  double weight = 0.1;  ///< of contrastive divergence, per pixel
  ebm::ReplaceLostChainsOptions lost;
};

struct TrainOptions {
  std::string recipe = "tutorial";  ///< or matching, persistent, joint
  std::string model = "tutorial";   ///< or resnet; other recipes have a network of their own
  std::string device = "cpu";       ///< or cuda
  std::filesystem::path data = EBM_MNIST_DATA_DIR;
  int held_out = -1;  ///< a digit that the model is not shown, or -1
  std::filesystem::path out = "runs/mnist";
  bool overwrite = false;
  bool resume = false;                     ///< the run in `out` goes on
  std::shared_ptr<const FolderLock> lock;  ///< of `out`, where its files are read already
  int epochs = 60;
  int batch = 128;
  double data_noise = 0.005;
  bool no_shuffle = false;
  int limit_batches = 0;
  ChainOptions chains;
  ebm::ReplayBufferOptions buffer;
  ebm::ContrastiveDivergenceOptions loss;
  ebm::AdamOptions adam;
  ebm::StepDecayOptions decay;
  double gradient_norm = 0.1;
  MatchingOptions matching;
  JointOptions joint;
  PersistentOptions persistent;
  int guard = 5;                                 ///< times that a diverging run is put back
  std::string guard_reaction = "learning-rate";  ///< or steps
  bool no_guard = false;
  int early_stop = 0;      ///< epochs of patience; 0: never
  int keep = 1;            ///< best models
  int save_every = 0;      ///< iterations
  int pictures_every = 5;  ///< epochs; 0: none
  bool no_tensorboard = false;
  bool quiet = false;
  bool json = false;
  std::uint32_t seed = 0;
  int threads = 0;
  bool is_one_of_several = false;  ///< processes, which mpirun has started
  std::string configuration;       ///< the resolved options, as a file
  /// What decides the run's numbers: options by name, and the data's checksum.
  std::map<std::string, std::string> settings;
};

/// MNIST as the trainer takes it.
struct TrainingData {
  std::vector<std::uint8_t> train;  ///< [image][pixel]
  std::vector<int> train_digits;    ///< [image]
  ebm::Samples<float> test;         ///< [image][pixel], in [-1, 1]
  std::vector<int> test_digits;     ///< [image]
};

/// What a run says at its end.
struct TrainingResult {
  int epochs_done = 0;
  int best_epoch = 0;     ///< 0: none yet
  std::string monitor;    ///< the metric that is lowest there
  double best_value = 0;  ///< of the metric
  double seconds = 0;     ///< of this session
  int threads = 1;
  int interrupted_by = 0;  ///< the signal, or 0
  int times_put_back = 0;  ///< by the divergence guard
  bool is_first = true;    ///< of the processes that train together
};

/// Trains either network on a GPU; only there in builds with CUDA.
TrainingResult train_on_gpu(const TrainOptions& options, const TrainingData& data);

}  // namespace ebm_mnist
