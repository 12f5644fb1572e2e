// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/state.hpp>
#include <ebm/train/callback.hpp>
#include <optional>
#include <utility>

namespace ebm::inline EBM_ABI {

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
