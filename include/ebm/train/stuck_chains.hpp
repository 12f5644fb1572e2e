// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/train/divergence_detection.hpp>

namespace ebm::inline EBM_ABI {

/// When chains are stuck.
struct StuckChainsOptions {
  double gap = 1;     ///< of the mean scores, in units of energy, > 0
  int batches = 100;  ///< that the running mean of the gap looks back on, >= 1
};

/// Detection: the model scores its own chains far below the data for many steps.
///
/// The sampler no longer finds what the model finds likely, so each step only lifts the data.
class StuckChains {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit StuckChains(const StuckChainsOptions& options = {}) : options_(options) {
    require(options.gap > 0, "StuckChains: gap must be > 0, got ", options.gap);
    require(options.batches >= 1, "StuckChains: batches must be >= 1, got ", options.batches);
  }

  template <class Trainer>
  Trouble on_batch(Trainer&, const BatchReport& report) {
    const double lead = report.result.data_score - report.result.model_score;
    mean_ += (lead - mean_) / options_.batches;
    if (++seen_ < options_.batches || mean_ <= options_.gap) return {};
    return sentence("the chains' scores are ", mean_, " below the data's over the last ",
                    options_.batches, " batches");
  }
  [[nodiscard]] bool is_calm() const { return mean_ <= options_.gap / 2; }

  [[nodiscard]] State state() const {
    State state;
    state.put("mean", mean_);
    state.put("seen", std::int64_t{seen_});
    return state;
  }
  void restore(const State& state) {
    mean_ = state.get<double>("mean");
    seen_ = static_cast<int>(state.get<std::int64_t>("seen"));
  }

 private:
  StuckChainsOptions options_;
  double mean_ = 0;
  int seen_ = 0;
};

}  // namespace ebm::inline EBM_ABI
