// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/train/guard/detection.hpp>

namespace ebm::inline EBM_ABI {

/// Options of `FlatScores`.
struct FlatScoresOptions {
  double share = 1e-4;  ///< difference of the mean scores that is none, as a share of them, > 0
  double least = 1e-6;  ///< the same in units of energy, whatever the scores are, >= 0
  int batches = 10;     ///< in a row before it is trouble, >= 1
};

/// Detection: the network has died; it gives the same score to data and chains.
///
/// Then no gradient is left that could bring it back, and what is computed is so small that
/// processors take many times as long for a step. Scores of a network that lives differ, also where
/// data and chains look alike to it.
class FlatScores {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit FlatScores(const FlatScoresOptions& options = {}) : options_(options) {
    require(options.share > 0, "FlatScores: share must be > 0, got ", options.share);
    require(options.least >= 0, "FlatScores: least must be >= 0, got ", options.least);
    require(options.batches >= 1, "FlatScores: batches must be >= 1, got ", options.batches);
  }

  template <class Trainer>
  Trouble on_batch(Trainer&, const BatchReport& report) {
    const double data = report.result.data_score, model = report.result.model_score;
    const double size = std::max(std::abs(data), std::abs(model));
    const double none = std::max(options_.least, options_.share * size);
    bad_batches_ = std::abs(data - model) <= none ? bad_batches_ + 1 : 0;
    if (bad_batches_ < options_.batches) return {};
    return sentence("the network gives data and chains the same score, ", data, ", for ",
                    bad_batches_, " batches in a row: it has died");
  }
  [[nodiscard]] bool is_calm() const { return bad_batches_ == 0; }

  [[nodiscard]] State state() const {
    State state;
    state.put("bad_batches", std::int64_t{bad_batches_});
    return state;
  }
  void restore(const State& state) { bad_batches_ = state.count("bad_batches"); }

 private:
  FlatScoresOptions options_;
  int bad_batches_ = 0;
};

/// Options of `StuckChains`.
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
    seen_ = std::min(seen_ + 1, options_.batches);
    if (seen_ < options_.batches || mean_ <= options_.gap) return {};
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
    mean_ = state.finite<double>("mean", 1)[0];
    seen_ = std::min(state.count("seen"), options_.batches);
  }

 private:
  StuckChainsOptions options_;
  double mean_ = 0;
  int seen_ = 0;
};

}  // namespace ebm::inline EBM_ABI
