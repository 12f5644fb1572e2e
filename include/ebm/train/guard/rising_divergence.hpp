// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/train/guard/detection.hpp>
#include <limits>

namespace ebm::inline EBM_ABI {

/// Options of `RisingDivergence`.
struct RisingDivergenceOptions {
  std::string monitor = "val_contrastive_divergence";
  double tolerance = 0.25;  ///< rise that counts, as a share of the best value's size, > 0
  double least = 0.5;       ///< rise that counts at least, in units of energy, >= 0
  int patience = 2;         ///< epochs in a row before it is trouble, >= 1
};

/// Detection: the validation's contrastive divergence has risen far above its best.
class RisingDivergence {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit RisingDivergence(RisingDivergenceOptions options = {}) : options_(std::move(options)) {
    const auto& o = options_;
    require(o.tolerance > 0, "RisingDivergence: tolerance must be > 0, got ", o.tolerance);
    require(o.least >= 0, "RisingDivergence: least must be >= 0, got ", o.least);
    require(o.patience >= 1, "RisingDivergence: patience must be >= 1, got ", o.patience);
  }

  [[nodiscard]] std::vector<std::string> metrics() const { return {options_.monitor}; }

  template <class Trainer>
  Trouble on_epoch(Trainer&, const EpochReport& report) {
    const double value = report.metrics.at(options_.monitor);
    const double limit = best_ + std::max(options_.least, options_.tolerance * std::abs(best_));
    if (value < best_) best_ = value;
    bad_epochs_ = value > limit ? bad_epochs_ + 1 : 0;
    if (bad_epochs_ < options_.patience) return {};
    return sentence(options_.monitor, " is ", value, " and was ", best_, " at best, ", bad_epochs_,
                    " epochs in a row");
  }
  [[nodiscard]] bool is_calm() const { return bad_epochs_ == 0; }

  [[nodiscard]] State state() const {
    State state;
    state.put("best", best_);
    state.put("bad_epochs", std::int64_t{bad_epochs_});
    return state;
  }
  void restore(const State& state) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    best_ = state.get<double>("best", -infinity, infinity);
    bad_epochs_ = state.count("bad_epochs");
  }

 private:
  RisingDivergenceOptions options_;
  double best_ = std::numeric_limits<double>::max();
  int bad_epochs_ = 0;
};

}  // namespace ebm::inline EBM_ABI
