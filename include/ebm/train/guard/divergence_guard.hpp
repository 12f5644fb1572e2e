// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/error.hpp>
#include <ebm/train/callback.hpp>
#include <ebm/train/guard/detection.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

/// What is changed when training was put back: the n-th time `apply(trainer, n)`, which returns a
/// sentence of what it did. Applying the same n again changes nothing.
namespace ebm::inline EBM_ABI {

/// Reaction: the learning rate is factor^n of what it was.
struct LowerLearningRate {
  double factor = 0.3;  ///< in (0, 1)

  template <class Trainer>
  std::string apply(Trainer& trainer, int times) const {
    constexpr double least = 1e-300;  // far below where anything moves
    double product = 1;
    for (int i = 0; i < times && product > least; ++i) product *= factor;
    product = std::max(product, least);
    trainer.set_learning_rate_factor(product);
    return sentence("the learning rate is multiplied with ", product, " from here");
  }
};

/// Options of `MoreSteps`.
struct MoreStepsOptions {
  int factor = 2;   ///< >= 2
  int most = 1000;  ///< steps, >= 1
};

/// Reaction: chains have factor^n as many steps as the recipe says, at most `most`, and never
/// fewer.
class MoreSteps {
 public:
  explicit MoreSteps(const MoreStepsOptions& options = {}) : options_(options) {
    require(options.factor >= 2 && options.most >= 1,
            "MoreSteps: factor must be >= 2 and most >= 1, got ", options.factor, " and ",
            options.most);
  }

  template <class Trainer>
  std::string apply(Trainer& trainer, int times) const {
    int steps = trainer.recipe().steps;
    const int most = std::max(options_.most, steps);
    for (int i = 0; i < times && steps < most; ++i) {
      steps = steps > most / options_.factor ? most : steps * options_.factor;
    }
    trainer.set_steps(steps);
    return sentence("chains have ", steps, " steps from here");
  }

 private:
  MoreStepsOptions options_;
};

/// What a guard saw and did.
struct GuardEvent {
  std::int64_t iteration = 0;
  int epoch = 0;       ///< that training was in
  std::string what;    ///< what was seen
  std::string action;  ///< what was done
};

/// Options of `DivergenceGuard`.
struct DivergenceGuardOptions {
  int attempts = 5;  ///< times that training is put back before the guard gives up, >= 0
  /// Called when training is put back, and when the guard gives up.
  std::function<void(const GuardEvent&)> report = [](const GuardEvent&) {};
};

/// Callback: puts training that goes wrong back to the last good state, with fresh random numbers
/// and the change that its reaction makes, and gives up with a verdict after some attempts.
///
/// Good are the start and the end of each epoch at which the detection is calm. Scores, losses and
/// parameters that are not finite always count as trouble. Stands after the callbacks that write
/// metrics, so that what went wrong is on record, and before those that save models.
/// Giving up throws `Diverged`; the trainer is then at the last good state.
template <class Detection, class Reaction = LowerLearningRate>
class DivergenceGuard {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit DivergenceGuard(Detection detection, Reaction reaction = {},
                           DivergenceGuardOptions options = {})
      : detection_(std::move(detection)),
        reaction_(std::move(reaction)),
        options_(std::move(options)) {
    require(options_.attempts >= 0, "DivergenceGuard: attempts must be >= 0, got ",
            options_.attempts);
  }

  template <class Trainer>
  void on_start(Trainer& trainer) {
    if (times_ > 0) reaction_.apply(trainer, times_);  // an earlier session's, which is going on
    if (!good_) remember(trainer, trainer.position().epoch - 1);
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {}, .needs = detail::metrics_of(detection_)};
  }

  template <class Trainer>
  void on_batch(Trainer& trainer, const BatchReport& report) {
    if (const Trouble trouble = detail::look(detection_, trainer, report)) {
      put_back(trainer, report.epoch, *trouble);
    }
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const EpochReport& report) {
    if (const Trouble trouble = detail::look(detection_, trainer, report)) {
      put_back(trainer, report.epoch, *trouble);
    } else if (detection_.is_calm()) {
      remember(trainer, report.epoch);
    }
  }

  template <class Trainer>
  bool on_diverged(Trainer& trainer, const Diverged& error) {
    if (has_given_up_) return false;
    put_back(trainer, trainer.position().epoch, error.what());
    return true;
  }

  /// Times that training was put back.
  [[nodiscard]] int times() const noexcept { return times_; }

  [[nodiscard]] State state() const {
    State state;
    state.put("times", std::int64_t{times_});
    state.put("detection", detection_.state());
    state.put("good_epoch", std::int64_t{good_epoch_});
    if (good_) state.put("good", *good_);
    return state;
  }
  void restore(const State& state) {
    const int times = state.count("times"), good_epoch = state.count("good_epoch");
    const State good = state.part("good");
    Detection detection = detection_;
    if (!good.values().empty()) detection.restore(good.part("detection"));
    detection.restore(state.part("detection"));
    detection_ = std::move(detection);
    good_epoch_ = good_epoch;
    times_ = times;
    good_ = good.values().empty() ? std::nullopt : std::optional(good);
  }

  /// The trainer's state where training would be put back to, if there is one.
  [[nodiscard]] std::optional<State> trainer_state() const {
    return good_ ? std::optional(good_->part("trainer")) : std::nullopt;
  }

 private:
  template <class Trainer>
  void remember(Trainer& trainer, int epoch) {
    good_.emplace();
    good_->put("trainer", trainer.state());
    good_->put("detection", detection_.state());
    good_epoch_ = epoch;
  }

  template <class Trainer>
  void put_back(Trainer& trainer, int epoch, const std::string& what) {
    const std::int64_t iteration = trainer.position().iteration;
    trainer.roll_back(good_->part("trainer"));
    detection_.restore(good_->part("detection"));
    const std::string place =
        good_epoch_ == 0 ? "the start" : sentence("the end of epoch ", good_epoch_);
    if (times_ >= options_.attempts) {
      has_given_up_ = true;
      options_.report({iteration, epoch, what, "gave up; the last good state is " + place});
      throw Diverged(
          sentence("training diverged in epoch ", epoch, ": ", what, "; it was put back ", times_,
                   " times before, so this is given up; the last good state is ", place));
    }
    const std::string change = reaction_.apply(trainer, ++times_);
    options_.report({iteration, epoch, what, sentence("put back to ", place, "; ", change)});
  }

  Detection detection_;
  Reaction reaction_;
  DivergenceGuardOptions options_;
  std::optional<State> good_;
  int good_epoch_ = 0;
  int times_ = 0;
  bool has_given_up_ = false;
};

static_assert(Stateful<DivergenceGuard<AnyOf<>>>);

}  // namespace ebm::inline EBM_ABI
