// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/io/image_grid.hpp>
#include <ebm/train/guard/divergence_guard.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "folder_lock.hpp"
#include "training.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// The folder of a training run: what is where, and that an earlier run's files give way.
///
/// A callback as well: what an earlier run left is replaced where this one first saves something,
/// not before; where nothing was, a run begins at once. Stands in front of the checkpoint.
class RunFolder {
 public:
  /// Throws `ebm::Error` unless all of the run's files can be written, the folder is empty or may
  /// be overwritten, or holds the run that is to go on, and no other process trains in it.
  explicit RunFolder(const TrainOptions& options);

  [[nodiscard]] static std::filesystem::path metrics(const std::filesystem::path& folder) {
    return folder / "metrics.csv";
  }
  [[nodiscard]] static std::filesystem::path tensorboard(const std::filesystem::path& folder) {
    return folder / "tensorboard";
  }

  /// Writes a picture of an epoch: `kind`/epoch_007.png; kind: samples, generation or sampler.
  void add_picture(const char* kind, int epoch, const ebm::io::Picture& picture);

  /// Writes down what the divergence guard saw and did.
  void add_event(const ebm::GuardEvent& event);

  template <class Trainer>
  void on_start(Trainer& trainer) {
    iteration_ = trainer.position().iteration;
    if (is_new_) begin();
    // Behind the last step of an epoch, its end is yet to come.
    if (is_resumed_) keep_events(iteration_ - (trainer.position().batches_done > 0 ? 1 : 0));
  }
  template <class Trainer>
  void on_batch(Trainer&, const ebm::BatchReport& report) {
    if (save_every_ > 0 && report.iteration % save_every_ == 0) begin();
  }
  template <class Trainer>
  void on_epoch(Trainer&, const ebm::EpochReport&) {
    begin();
  }
  template <class Trainer>
  void on_end(Trainer& trainer) {
    if (trainer.position().iteration != iteration_) begin();
  }

 private:
  /// Lets an earlier run's files go and writes the configuration, once.
  void begin();
  void remove_broken_writes() const;
  void remove_earlier_run() const;
  void keep_events(std::int64_t last_iteration);
  void write_events() const;

  std::filesystem::path folder_;
  FolderLock lock_;
  std::string configuration_;
  bool is_resumed_;
  int save_every_;
  bool is_new_ = false;  // nothing was there
  bool has_begun_ = false;
  std::int64_t iteration_ = 0;  // where this session starts
  std::filesystem::file_time_type start_;
  std::vector<std::string> events_;
};

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
