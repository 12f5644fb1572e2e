// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/train/backend.hpp>
#include <utility>

namespace ebm::inline EBM_ABI {

/// The order of a training iteration, said once for all backends: data with a little noise; chains
/// from their starts, moved by the sampler and looked at by the guard; the loss of both; its
/// gradient, clipped; the optimiser.
///
/// Source: Du & Mordatch 2019, alg. 1; UvA deep learning course, Tutorial 8 (Lippe).
template <class BackendType, class RecipeType, class T>
  requires Backend<BackendType, T>
class TrainingStep {
 public:
  /// recipe: the caller's, which outlives the step; arguments: of the backend
  template <class... Arguments>
  explicit TrainingStep(const RecipeType& recipe, Arguments&&... arguments)
      : recipe_(&recipe), backend_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] BackendType& backend() noexcept { return backend_; }
  [[nodiscard]] const BackendType& backend() const noexcept { return backend_; }

  /// One iteration with `batch`, data without their noise, and chains of `steps` steps.
  ///
  /// batch: [sample][feature], may be changed; report: knows the iteration and the learning rate,
  /// and gets what the iteration did
  /// Throws `Diverged` if something stops being finite; the parameters stay those of before.
  void run(Samples<T>& batch, int steps, BatchReport& report) {
    const auto iteration = static_cast<std::uint64_t>(report.iteration - 1);
    backend_.load_data(batch, iteration * static_cast<std::uint64_t>(recipe_->batch));
    if (recipe_->data_noise > 0) backend_.add_data_noise();
    if constexpr (wants_chains<decltype(RecipeType::loss)>()) {
      backend_.begin_chains(iteration);
      report.chains = backend_.run_chains(steps);
      backend_.guard_chains(report.chains);
      require_finite(backend_.chains_are_finite(), "the chains are", report);
      backend_.end_chains();
    }
    report.result = backend_.loss_gradient();
    require_finite(std::isfinite(report.result.loss.total), "the loss is", report);
    report.gradient_norm = backend_.clip_gradient();
    require_finite(std::isfinite(report.gradient_norm), "the gradient is", report);
    backend_.update(report.learning_rate);
    if (backend_.parameters_are_finite()) return backend_.keep();
    backend_.take_back();
    require_finite(false, "a parameter is", report);
  }

 private:
  static void require_finite(bool finite, const char* what, const BatchReport& report) {
    if (finite) return;
    throw Diverged(sentence("Trainer: ", what, " not finite in epoch ", report.epoch, ", batch ",
                            report.batch,
                            ": a lower learning rate or stronger regulariser may help"));
  }

  const RecipeType* recipe_;
  BackendType backend_;
};

}  // namespace ebm::inline EBM_ABI
