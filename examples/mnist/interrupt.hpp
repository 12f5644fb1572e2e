// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <array>
#include <csignal>
#include <ebm/train/report.hpp>
#include <functional>
#include <string_view>
#include <utility>

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Callback: Ctrl-C (or SIGTERM, or the end of the terminal, SIGHUP) ends training behind the
/// current step; a second one ends the program at once.
class Interrupt {
 public:
  /// answers: whether Ctrl-C is told at once, on standard error, what comes of it
  /// agree: of the signals that several processes have received, or 0, the one that counts for all
  Interrupt(bool answers, std::function<int(int)> agree) : agree_(std::move(agree)) {
    received() = 0;
    is_told() = answers ? 1 : 0;
    struct sigaction action{};
    action.sa_handler = [](int signal) {
      received() = signal;
      constexpr std::string_view answer =
          "\nebm-mnist: finishing this step and saving; Ctrl-C again stops at once\n";
      if (signal != SIGINT || is_told() == 0) return;
      static_cast<void>(!::write(STDERR_FILENO, answer.data(), answer.size()));
    };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < signals.size(); ++i) {
      sigaction(signals[i], nullptr, &before_[i]);
      // What the caller ignores, as nohup or a shell's background does, stays ignored.
      if (before_[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, nullptr);
    }
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
  }

  template <class Trainer>
  void on_batch(Trainer& trainer, const ebm::BatchReport&) {
    signal_ = agree_(received());
    if (signal_ != 0) trainer.stop();
  }

  /// The signal that came, or 0.
  [[nodiscard]] int signal() const { return signal_; }

 private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

  static volatile std::sig_atomic_t& received() {
    static volatile std::sig_atomic_t signal = 0;
    return signal;
  }

  static volatile std::sig_atomic_t& is_told() {
    static volatile std::sig_atomic_t is_on = 0;
    return is_on;
  }

  std::function<int(int)> agree_;
  int signal_ = 0;
  std::array<struct sigaction, signals.size()> before_{};
};

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
