// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/io/image_grid.hpp>
#include <ebm/train/guard/divergence_guard.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "earlier_run.hpp"
#include "folder_lock.hpp"
#include "training.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// The folder of a training run: what is where, and that an earlier run's files give way.
///
/// A callback as well, before all that write files: what an earlier run left is replaced where this
/// one first saves itself, not before; where nothing was, a run begins at once.
class RunFolder {
 public:
  /// Throws `ebm::Error` unless all of the run's files can be written, the folder is empty or may
  /// be overwritten, or holds the run that is to go on, and no other process trains in it.
  /// What processes that were killed left half done there is undone.
  explicit RunFolder(const TrainOptions& options);

  [[nodiscard]] static std::filesystem::path metrics(const std::filesystem::path& folder) {
    return folder / "metrics.csv";
  }
  [[nodiscard]] static std::filesystem::path tensorboard(const std::filesystem::path& folder) {
    return folder / "tensorboard";
  }

  /// Writes a picture of an epoch: `kind`/epoch_007.png; kind: samples, generation or sampler.
  void add_picture(const char* kind, int epoch, const ebm::io::Picture& picture);

  /// Whether the folder's files are an earlier run's still, so that none of this one may be
  /// written.
  [[nodiscard]] bool waits() const { return earlier_.is_listed() && !has_begun_; }

  /// Writes down what the divergence guard saw and did.
  void add_event(const ebm::GuardEvent& event);

  template <class Trainer>
  void on_start(Trainer& trainer) {
    iteration_ = trainer.position().iteration;
    if (is_new_) begin();
    // After the last step of an epoch, its end is yet to come.
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

  /// Lets an earlier run go once this one has saved itself.
  void replace();

 private:
  /// Sets an earlier run's files aside and writes what is known of this one, once.
  void begin();
  void keep_events(std::int64_t last_iteration);
  void write_events() const;

  std::filesystem::path folder_;
  std::shared_ptr<const FolderLock> lock_;
  EarlierRun earlier_;
  std::string configuration_;
  bool is_resumed_;
  int save_every_;
  bool is_new_ = false;  // nothing was there
  bool has_begun_ = false;
  std::int64_t iteration_ = 0;  // where this session starts
  std::string events_;          // as they stand in the file
};

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
