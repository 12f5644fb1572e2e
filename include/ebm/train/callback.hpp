// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/loss_gradient.hpp>

/// Hooks into training: members that a callback has or leaves out.
namespace ebm {

/// What a training step did.
struct BatchReport {
  int epoch = 0;               ///< from 1
  int batch = 0;               ///< within the epoch, from 1
  int batches = 0;             ///< of the epoch
  std::int64_t iteration = 0;  ///< over all epochs, from 1
  BatchResult result;          ///< loss and mean scores before the step
  double gradient_norm = 0;    ///< before clipping
  double learning_rate = 0;
  double seconds = 0;  ///< of this step
};

/// What an epoch did: means over its batches.
struct EpochReport {
  int epoch = 0;  ///< from 1
  int epochs = 0;
  int batches = 0;
  BatchResult mean;
  double gradient_norm = 0;  ///< mean, before clipping
  double learning_rate = 0;
  double seconds = 0;  ///< of the epoch's batches
};

namespace detail {

// A callback is any object with some of these members, each taking the trainer and a report:
// on_start(trainer), on_batch(trainer, BatchReport), on_epoch(trainer, EpochReport),
// on_end(trainer).

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
void notify(C& callback, Trainer& trainer, const EpochReport& report) {
  if constexpr (requires { callback.on_epoch(trainer, report); }) {
    callback.on_epoch(trainer, report);
  }
}

}  // namespace detail

/// Satisfied by objects with at least one of the hooks `on_start`, `on_batch`, `on_epoch`,
/// `on_end`.
///
/// An object all of whose hooks are misspelt is refused; beside a hook that fits, a misspelt one
/// is not noticed.
template <class C, class Trainer>
concept Callback = requires(C& callback, Trainer& trainer) {
  callback.on_start(trainer);
}
|| requires(C& callback, Trainer& trainer) {
  callback.on_end(trainer);
}
|| requires(C& callback, Trainer& trainer, const BatchReport& report) {
  callback.on_batch(trainer, report);
}
|| requires(C& callback, Trainer& trainer, const EpochReport& report) {
  callback.on_epoch(trainer, report);
};

}  // namespace ebm
