// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Hooks into training: members that a callback has or leaves out.
namespace ebm::inline EBM_ABI {

/// The metrics that a callback sets after each epoch, and those that it needs from callbacks in
/// front of it. `fit` compares them before the first iteration.
struct MetricUse {
  std::vector<std::string> sets, needs;
};

namespace detail {

// A callback is any object with some of these members:
// on_start(trainer), on_batch(trainer, BatchReport), on_epoch(trainer, EpochReport&),
// on_diverged(trainer, Diverged) -> bool, on_end(trainer); or a function of a report.

template <class C, class Trainer>
void notify_start(C& callback, Trainer& trainer) {
  if constexpr (requires { callback.on_start(trainer); }) callback.on_start(trainer);
}

template <class C, class Trainer>
void notify_end(C& callback, Trainer& trainer) {
  if constexpr (requires { callback.on_end(trainer); }) callback.on_end(trainer);
}

template <class C, class Trainer>
void notify(C& callback, Trainer& trainer, const BatchReport& report) {
  if constexpr (requires { callback.on_batch(trainer, report); }) {
    callback.on_batch(trainer, report);
  } else if constexpr (std::invocable<C&, const BatchReport&>) {
    callback(report);
  }
}

template <class C, class Trainer>
void notify(C& callback, Trainer& trainer, EpochReport& report) {
  if constexpr (requires { callback.on_epoch(trainer, report); }) {
    callback.on_epoch(trainer, report);
  } else if constexpr (std::invocable<C&, EpochReport&>) {
    callback(report);
  }
}

template <class C, class Trainer>
bool notify(C& callback, Trainer& trainer, const Diverged& error) {
  if constexpr (requires { callback.on_diverged(trainer, error); }) {
    return callback.on_diverged(trainer, error);
  } else {
    return false;
  }
}

/// Whether a callback says which metrics it sets and needs.
template <class C, class Trainer>
inline constexpr bool says_metrics =
    requires(const C& callback, Trainer& trainer) { callback.metric_use(trainer); };

/// Whether a callback that does not say so could set metrics: it gets a report that it may change.
template <class C, class Trainer>
inline constexpr bool may_set_metrics = requires(C& c, Trainer& trainer, EpochReport& report) {
  c.on_epoch(trainer, report);
} ? !requires(C& c, Trainer& trainer, const EpochReport& report) {
  c.on_epoch(trainer, report);
} : std::invocable<C&, EpochReport&> && !std::invocable<C&, const EpochReport&>;

/// What the callbacks so far set, for what those after them need.
class KnownMetrics {
 public:
  /// Throws `InvalidArgument` if the callback needs what none before it sets.
  template <class C, class Trainer>
  void add(C& callback, Trainer& trainer) {
    if constexpr (says_metrics<C, Trainer>) {
      const MetricUse use = callback.metric_use(trainer);
      for (const std::string& metric : use.needs) require_known(metric);
      names_.insert(names_.end(), use.sets.begin(), use.sets.end());
    } else {
      may_be_more_ = may_be_more_ || may_set_metrics<C, Trainer>;
    }
  }

 private:
  void require_known(const std::string& metric) const {
    if (may_be_more_ || std::ranges::find(names_, metric) != names_.end()) return;
    std::string all;
    for (const std::string& name : names_) all += (all.empty() ? "" : ", ") + name;
    throw InvalidArgument(sentence("Trainer::fit: a callback needs the metric '", metric,
                                   "', but those before it set ", all.empty() ? "none" : all));
  }

  std::vector<std::string> names_;
  bool may_be_more_ = false;
};

}  // namespace detail

/// Satisfied by objects with at least one of the hooks `on_start`, `on_batch`, `on_epoch`,
/// `on_diverged`, `on_end`, and by functions of a report, such as
/// `[](const EpochReport& report) { ... }`.
///
/// Callbacks are called in their order. A callback that puts the trainer back to an earlier state
/// (`roll_back`) is the last to see that report. `on_diverged` returns whether it has done so, and
/// training goes on; otherwise the error leaves `fit`.
/// One that sets metrics, or reads those of others, says so by `metric_use(trainer)`.
/// An object all of whose hooks are misspelt is refused; beside a hook that fits, a misspelt one
/// is not noticed.
template <class C, class Trainer>
concept Callback = requires(C& callback, Trainer& trainer) { callback.on_start(trainer); } ||
                   requires(C& callback, Trainer& trainer) { callback.on_end(trainer); } ||
                   requires(C& callback, Trainer& trainer, const BatchReport& report) {
                     callback.on_batch(trainer, report);
                   } || requires(C& callback, Trainer& trainer, EpochReport& report) {
                     callback.on_epoch(trainer, report);
                   } || requires(C& callback, Trainer& trainer, const Diverged& error) {
                     { callback.on_diverged(trainer, error) } -> std::same_as<bool>;
                   } || std::invocable<C&, const BatchReport&> || std::invocable<C&, EpochReport&>;

/// Callback: another one, or none, as a program's options say when it runs.
template <class C>
class OptionalCallback {
 public:
  /// arguments: of the callback, which is made if `is_on`
  template <class... Arguments>
  explicit OptionalCallback(bool is_on, Arguments&&... arguments) {
    if (is_on) callback_.emplace(std::forward<Arguments>(arguments)...);
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer& trainer) const
    requires(detail::says_metrics<C, Trainer> || !detail::may_set_metrics<C, Trainer>)
  {
    if constexpr (detail::says_metrics<C, Trainer>) {
      if (callback_) return callback_->metric_use(trainer);
    }
    return {};
  }
  template <class Trainer>
  void on_start(Trainer& trainer) {
    if (callback_) detail::notify_start(*callback_, trainer);
  }
  template <class Trainer>
  void on_batch(Trainer& trainer, const BatchReport& report) {
    if (callback_) detail::notify(*callback_, trainer, report);
  }
  template <class Trainer>
  void on_epoch(Trainer& trainer, EpochReport& report) {
    if (callback_) detail::notify(*callback_, trainer, report);
  }
  template <class Trainer>
  bool on_diverged(Trainer& trainer, const Diverged& error) {
    return callback_ && detail::notify(*callback_, trainer, error);
  }
  template <class Trainer>
  void on_end(Trainer& trainer) {
    if (callback_) detail::notify_end(*callback_, trainer);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return callback_.has_value(); }
  [[nodiscard]] C* operator->() noexcept { return &*callback_; }

  [[nodiscard]] State state() const
    requires Stateful<C>
  {
    return callback_ ? callback_->state() : State();
  }
  void restore(const State& state)
    requires Stateful<C>
  {
    if (callback_) callback_->restore(state);
  }
  [[nodiscard]] std::optional<State> trainer_state() const
    requires requires(const C& callback) { callback.trainer_state(); }
  {
    return callback_ ? callback_->trainer_state() : std::nullopt;
  }

 private:
  std::optional<C> callback_;
};

}  // namespace ebm::inline EBM_ABI
