// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/train/report.hpp>

namespace ebm::inline EBM_ABI {

/// Callback: sets the metric `lr-Adam`, the learning rate of an epoch's last batch.
struct LearningRateMonitor {
  template <class Trainer>
  void on_epoch(Trainer&, EpochReport& report) const {
    report.metrics.set("lr-Adam", report.learning_rate);
  }
};

}  // namespace ebm::inline EBM_ABI
