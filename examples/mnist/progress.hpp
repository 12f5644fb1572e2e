// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ebm/train/callback.hpp>
#include <string>

namespace ebm_mnist {

/// Tells on standard error how far training is: a bar on a terminal, plain lines elsewhere.
class Progress {
 public:
  explicit Progress(int epochs) : epochs_(epochs), is_terminal_(isatty(STDERR_FILENO) == 1) {}

  void batch(const ebm::BatchReport& report) {
    const double done = static_cast<double>(report.iteration);
    const double total = static_cast<double>(epochs_) * report.batches;
    const double seconds = elapsed();
    const std::string left = duration((total - done) * seconds / done);
    const bool last = report.batch == report.batches;
    if (is_terminal_) {
      constexpr int width = 24;
      const int filled = width * report.batch / report.batches;
      std::fprintf(stderr,
                   "\rEpoch %d/%d [%s%s] %d/%d  %.1f steps/s  ETA %s  f(data) %+.3f  "
                   "f(model) %+.3f \x1b[K",
                   report.epoch, epochs_,
                   std::string(static_cast<std::size_t>(filled), '#').c_str(),
                   std::string(static_cast<std::size_t>(width - filled), '.').c_str(), report.batch,
                   report.batches, done / seconds, left.c_str(), report.result.data_score,
                   report.result.model_score);
      if (last) std::fputs("\r\x1b[K", stderr);
    } else if (!last && tenth(report.batch, report) != tenth(report.batch - 1, report)) {
      std::fprintf(stderr, "epoch %d/%d, step %d/%d, %.1f steps/s, %s left\n", report.epoch,
                   epochs_, report.batch, report.batches, done / seconds, left.c_str());
    }
  }

  void line(const std::string& text) const { std::fprintf(stderr, "%s\n", text.c_str()); }

  /// Seconds since the first step.
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  /// "1 h 02 min", "3 min 05 s", "7 s"
  static std::string duration(double seconds) {
    const int s = static_cast<int>(seconds + 0.5);
    char text[32];
    if (s >= 3600) {
      std::snprintf(text, sizeof text, "%d h %02d min", s / 3600, s % 3600 / 60);
    } else if (s >= 60) {
      std::snprintf(text, sizeof text, "%d min %02d s", s / 60, s % 60);
    } else {
      std::snprintf(text, sizeof text, "%d s", s);
    }
    return text;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static int tenth(int batch, const ebm::BatchReport& report) {
    return 10 * batch / report.batches;
  }

  int epochs_;
  bool is_terminal_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace ebm_mnist
