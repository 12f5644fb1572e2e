// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <ebm/core/error.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `StepDecay`; the defaults are those of the tutorial.
struct StepDecayOptions {
  int period = 1;       ///< epochs between decays, >= 1
  double gamma = 0.97;  ///< factor of each decay, > 0
};

}  // namespace ebm

/// Learning-rate schedules: the factor of the learning rate in each iteration.
namespace ebm::inline EBM_ABI {

/// How far a training is when it asks for the learning rate of its next iteration.
///
/// The iteration is the place within the recipe's epochs. A training that is put back is at an
/// earlier iteration again, and one that goes on with more epochs has more iterations.
struct TrainingProgress {
  int epoch = 0;                ///< from 0
  std::int64_t iteration = 0;   ///< over all epochs, in [0, iterations)
  std::int64_t iterations = 1;  ///< of all epochs of the recipe, >= 1

  /// The share of the iterations that is done, in [0, 1).
  [[nodiscard]] constexpr double share() const noexcept {
    return static_cast<double>(iteration) / static_cast<double>(iterations);
  }
};

/// Satisfied by types whose `factor(progress)` is what the learning rate of an iteration is
/// multiplied with; finite and > 0.
///
/// The same progress must give the same factor: a schedule remembers nothing.
template <class S>
concept Schedule = requires(const S& schedule, const TrainingProgress& progress) {
  { schedule.factor(progress) } -> std::convertible_to<double>;
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

  [[nodiscard]] double factor(const TrainingProgress& progress) const {
    double factor = 1;  // products, since the last bit of std::pow depends on the C library
    for (int decay = 0; decay < progress.epoch / options_.period; ++decay) factor *= options_.gamma;
    return factor;
  }

 private:
  StepDecayOptions options_;
};

/// The same rate in all iterations.
struct ConstantRate {
  [[nodiscard]] static double factor(const TrainingProgress&) { return 1; }
};

static_assert(Schedule<StepDecay> && Schedule<ConstantRate>);

}  // namespace ebm::inline EBM_ABI
