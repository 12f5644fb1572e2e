// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <ebm/core/error.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `StepDecay`; the defaults are those of the tutorial.
struct StepDecayOptions {
  int period = 1;       ///< epochs between decays, >= 1
  double gamma = 0.97;  ///< factor of each decay, > 0
};

}  // namespace ebm

/// Learning-rate schedules: the factor of the learning rate in each epoch.
namespace ebm::inline EBM_ABI {

/// Satisfied by types whose `factor(epoch)` is what the learning rate is multiplied with in an
/// epoch, counted from 0; finite and > 0.
template <class S>
concept Schedule = requires(const S& schedule, int epoch) {
  { schedule.factor(epoch) } -> std::convertible_to<double>;
};

/// gamma^floor(epoch / period), as `torch.optim.lr_scheduler.StepLR(period, gamma)`.
class StepDecay {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit StepDecay(const StepDecayOptions& options = {}) : options_(options) {
    require(options.period >= 1, "StepDecay: period must be >= 1, got ", options.period);
    require(options.gamma > 0 && std::isfinite(options.gamma),
            "StepDecay: gamma must be > 0 and finite, got ", options.gamma);
  }

  /// epoch: counted from 0
  [[nodiscard]] double factor(int epoch) const {
    double factor = 1;  // products, since the last bit of std::pow depends on the C library
    for (int decay = 0; decay < epoch / options_.period; ++decay) factor *= options_.gamma;
    return factor;
  }

 private:
  StepDecayOptions options_;
};

/// The same rate in all epochs.
struct ConstantRate {
  [[nodiscard]] static double factor(int) { return 1; }
};

static_assert(Schedule<StepDecay> && Schedule<ConstantRate>);

}  // namespace ebm::inline EBM_ABI
