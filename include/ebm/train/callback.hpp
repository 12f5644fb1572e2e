// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>
#include <optional>
#include <utility>

/// Hooks into training: members that a callback has or leaves out.
namespace ebm::inline EBM_ABI {

namespace detail {

// A callback is any object with some of these members:
// on_start(trainer), on_batch(trainer, BatchReport), on_epoch(trainer, EpochReport&),
// on_diverged(trainer, Diverged) -> bool, on_end(trainer).

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
  }
}

template <class C, class Trainer>
void notify(C& callback, Trainer& trainer, EpochReport& report) {
  if constexpr (requires { callback.on_epoch(trainer, report); }) {
    callback.on_epoch(trainer, report);
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

}  // namespace detail

/// Satisfied by objects with at least one of the hooks `on_start`, `on_batch`, `on_epoch`,
/// `on_diverged`, `on_end`.
///
/// Callbacks are called in their order. A callback that puts the trainer back to an earlier state
/// (`roll_back`) is the last to see that report. `on_diverged` returns whether it has done so, and
/// training goes on; otherwise the error leaves `fit`.
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
                   };

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

 private:
  std::optional<C> callback_;
};

}  // namespace ebm::inline EBM_ABI
