// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/state.hpp>
#include <ebm/train/callback.hpp>
#include <limits>
#include <utility>

namespace ebm::inline EBM_ABI {

/// Options of `EarlyStop`.
struct EarlyStopOptions {
  Monitor monitor = "val_contrastive_divergence";
  int patience = 10;     ///< epochs without a better value, >= 1
  double min_delta = 0;  ///< a better value is so by more than this, >= 0
};

/// Callback: stops training once a metric has not improved for some epochs.
///
/// Source: Prechelt, "Early Stopping - But When?", 1998 (its criterion UP, with patience).
class EarlyStop {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit EarlyStop(EarlyStopOptions options = {})
      : options_(std::move(options)), best_(options_.monitor.worst()) {
    const auto& o = options_;
    require(o.patience >= 1, "EarlyStop: patience must be >= 1, got ", o.patience);
    require(o.min_delta >= 0 && std::isfinite(o.min_delta),
            "EarlyStop: min_delta must be >= 0 and finite, got ", o.min_delta);
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {}, .needs = {options_.monitor.metric}};
  }

  /// A run that was stopped stays so when it is resumed.
  template <class Trainer>
  void on_start(Trainer& trainer) {
    if (has_stopped_) trainer.stop();
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const EpochReport& report) {
    const double value = report.metrics.at(options_.monitor.metric);
    if (options_.monitor.is_better(value, best_, options_.min_delta)) {
      best_ = value;
      epochs_without_ = 0;
    } else if (++epochs_without_ >= options_.patience) {
      has_stopped_ = true;
      trainer.stop();
    }
  }

  /// Whether it was this callback that stopped training.
  [[nodiscard]] bool has_stopped() const noexcept { return has_stopped_; }
  [[nodiscard]] double best() const noexcept { return best_; }

  [[nodiscard]] State state() const {
    State state;
    state.put("best", best_);
    state.put("epochs_without", std::int64_t{epochs_without_});
    return state;
  }
  void restore(const State& state) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double best = state.get<double>("best", -infinity, infinity);
    epochs_without_ = state.count("epochs_without");
    best_ = best;
    has_stopped_ = epochs_without_ >= options_.patience;
  }

 private:
  EarlyStopOptions options_;
  double best_;
  int epochs_without_ = 0;
  bool has_stopped_ = false;
};

static_assert(Stateful<EarlyStop>);

}  // namespace ebm::inline EBM_ABI
