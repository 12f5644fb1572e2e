// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/loss/loss.hpp>
#include <ebm/sampler/transition.hpp>
#include <ebm/train/metrics.hpp>

/// What training says of itself.
namespace ebm::inline EBM_ABI {

/// What an iteration of training did.
struct BatchReport {
  int epoch = 0;                                 ///< from 1
  int batch = 0;                                 ///< within the epoch, from 1
  int batches = 0;                               ///< of the epoch
  std::int64_t iteration = 0;                    ///< over all epochs, from 1; never counts back
  BatchResult result;                            ///< loss and mean scores before the update
  std::span<const std::string_view> loss_parts;  ///< names of the parts of the loss
  ChainReport chains;                            ///< what the chains did
  double gradient_norm = 0;                      ///< before clipping
  double learning_rate = 0;
  double seconds = 0;  ///< of this iteration
};

/// The numbers of a batch under the names of the tutorial's log.
[[nodiscard]] inline Metrics metrics_of(const BatchReport& report) {
  Metrics metrics;
  metrics.set("loss", report.result.loss.total);
  for (std::size_t i = 0; i < report.loss_parts.size(); ++i) {
    metrics.set("loss_" + std::string(report.loss_parts[i]), report.result.loss.parts[i]);
  }
  metrics.set("metrics_avg_real", report.result.data_score);
  metrics.set("metrics_avg_fake", report.result.model_score);
  metrics.set("gradient_norm", report.gradient_norm);
  if (report.chains.proposals > 0) metrics.set("acceptance", report.chains.acceptance());
  if (report.chains.guarded > 0) {
    metrics.set("lost_chains", static_cast<double>(report.chains.lost));
  }
  return metrics;
}

/// What an epoch did: means over its batches, and what the callbacks found out.
struct EpochReport {
  int epoch = 0;  ///< from 1
  int epochs = 0;
  int batches = 0;
  std::int64_t iteration = 0;  ///< of the last batch
  BatchResult mean;
  double gradient_norm = 0;  ///< mean, before clipping
  double learning_rate = 0;  ///< of the last batch
  double seconds = 0;        ///< of the epoch's batches, as far as this `fit` ran them
  Metrics metrics;           ///< empty at first: callbacks add theirs for those after them
};

/// Training can't go on: something stopped being finite, or a callback saw it go wrong.
class Diverged : public Error {
 public:
  using Error::Error;
};

}  // namespace ebm::inline EBM_ABI
