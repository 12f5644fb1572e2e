// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/train/report.hpp>

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

}  // namespace ebm::inline EBM_ABI
