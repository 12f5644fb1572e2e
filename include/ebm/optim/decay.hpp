// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/error.hpp>
#include <ebm/core/math.hpp>
#include <ebm/optim/schedule.hpp>
#include <numbers>

namespace ebm {  // the same for every instruction set

/// Options of `CosineDecay` and `LinearDecay`.
struct DecayOptions {
  double final_factor = 0;  ///< that the factor would have after the last iteration, in [0, 1]
};

}  // namespace ebm

/// Schedules that go from 1 to a final factor over all iterations.
namespace ebm::inline EBM_ABI {

/// Half a cosine: slow at first and at the end.
///
///     final + (1 - final) (1 + cos(pi t / n)) / 2,  t: iteration, n: iterations
///
/// As `torch.optim.lr_scheduler.CosineAnnealingLR` with a step an iteration and T_max = n.
/// Source: Loshchilov & Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts", eq. 5,
/// without restarts.
class CosineDecay {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit CosineDecay(const DecayOptions& options = {}) : final_(options.final_factor) {
    require(final_ >= 0 && final_ <= 1, "CosineDecay: final_factor must be in [0, 1], got ",
            final_);
  }

  [[nodiscard]] double factor(const TrainingProgress& progress) const {
    // (1 + cos 2x) / 2 = cos^2 x, which stays above 0; std::cos depends on the C library.
    const double root = cos(Pack<double, 1>(std::numbers::pi / 2 * progress.share())).lane(0);
    return final_ + (1 - final_) * (root * root);
  }

 private:
  double final_;
};

/// A line.
///
///     1 - (1 - final) t / n,  t: iteration, n: iterations
///
/// As `torch.optim.lr_scheduler.LinearLR(1, final, n)` with a step an iteration.
class LinearDecay {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit LinearDecay(const DecayOptions& options = {}) : final_(options.final_factor) {
    require(final_ >= 0 && final_ <= 1, "LinearDecay: final_factor must be in [0, 1], got ",
            final_);
  }

  [[nodiscard]] double factor(const TrainingProgress& progress) const {
    return 1 - (1 - final_) * progress.share();
  }

 private:
  double final_;
};

static_assert(Schedule<CosineDecay> && Schedule<LinearDecay>);

}  // namespace ebm::inline EBM_ABI
