// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/optim/schedule.hpp>
#include <utility>

namespace ebm {  // the same for every instruction set

/// Options of `WarmUp`.
struct WarmUpOptions {
  std::int64_t iterations = 1000;  ///< of the warm-up, >= 1
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Another schedule, `inner`, after a warm-up in which its factor grows linearly from almost 0.
///
///     min(1, (t + 1) / w) inner(max(0, t - w) of n - w iterations),
///     t: iteration, n: iterations, w: those of the warm-up
///
/// `WarmUp{{.iterations = 500}, CosineDecay{}}`. The inner schedule sees the iterations that follow
/// the warm-up, counted from 0, and during it the first of them; so a cosine begins at its top
/// where the warm-up ends. The epoch stays what it is: a `StepDecay` decays where it would without
/// a warm-up.
/// Source: Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017,
/// section 2.2 (gradual warm-up); He et al., "Bag of Tricks for Image Classification with
/// Convolutional Neural Networks", 2019, section 5.1 (a cosine over the iterations that are left).
template <Schedule S = ConstantRate>
class WarmUp {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit WarmUp(const WarmUpOptions& options = {}, S inner = S())
      : options_(options), inner_(std::move(inner)) {
    require(options.iterations >= 1, "WarmUp: iterations must be >= 1, got ", options.iterations);
  }

  [[nodiscard]] double factor(const TrainingProgress& progress) const {
    const std::int64_t warm = options_.iterations, t = progress.iteration;
    const TrainingProgress after{
        .epoch = progress.epoch,
        .iteration = std::max<std::int64_t>(0, t - warm),
        .iterations = std::max<std::int64_t>(1, progress.iterations - warm)};
    const double inner = inner_.factor(after);
    if (t + 1 >= warm) return inner;
    return static_cast<double>(t + 1) / static_cast<double>(warm) * inner;
  }

 private:
  WarmUpOptions options_;
  S inner_;
};

static_assert(Schedule<WarmUp<>> && Schedule<WarmUp<StepDecay>>);

}  // namespace ebm::inline EBM_ABI
