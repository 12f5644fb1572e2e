// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/core/samples.hpp>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/schedule.hpp>
#include <ebm/sampler/policies.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <filesystem>
#include <string>
#include <vector>

/// What the command train is asked for, and the networks that it can train.
namespace ebm_mnist {

/// How chains move.
struct ChainOptions {
  int steps = 60;
  ebm::LangevinOptions langevin;
};

struct TrainOptions {
  std::string model = "tutorial";  ///< or resnet
  std::string device = "cpu";      ///< or cuda
  std::filesystem::path data = EBM_MNIST_DATA_DIR;
  std::filesystem::path out = "runs/mnist";
  bool overwrite = false;
  bool resume = false;  ///< the run in `out` goes on
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
  std::string configuration;  ///< the resolved options, as a file
};

/// MNIST as the trainer takes it.
struct TrainingData {
  ebm::Samples<float> train;  ///< [image][pixel]
  ebm::Samples<float> test;   ///< [image][pixel]
};

/// What a run says at its end.
struct TrainingResult {
  int epochs_done = 0;
  int best_epoch = 0;          ///< 0: none yet
  double best_divergence = 0;  ///< its validation's contrastive divergence
  double seconds = 0;          ///< of this session
  int threads = 1;
  int interrupted_by = 0;  ///< the signal, or 0
  int times_put_back = 0;  ///< by the divergence guard
};

/// Trains either network on a GPU; only there in builds with CUDA.
TrainingResult train_on_gpu(const TrainOptions& options, const TrainingData& data);

}  // namespace ebm_mnist
