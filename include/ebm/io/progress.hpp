// SPDX-License-Identifier: MIT
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ebm/train/report.hpp>
#include <iomanip>
#include <sstream>
#include <string>

namespace ebm::io {

/// Callback: tells on standard error how far training is: a bar on a terminal, plain lines
/// elsewhere, and a line with each epoch's means and metrics.
///
/// Stands behind the callbacks whose metrics it shows.
class Progress {
 public:
  Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }  // what went wrong is told on a line of its own

  template <class Trainer>
  void on_start(Trainer& trainer) {
    start_ = Clock::now();
    first_iteration_ = trainer.position().iteration;
    epochs_ = trainer.recipe().epochs;
  }

  template <class Trainer>
  void on_batch(Trainer&, const BatchReport& report) {
    const double left = static_cast<double>(epochs_ - report.epoch) * report.batches +
                        (report.batches - report.batch);
    const double rate = static_cast<double>(report.iteration - first_iteration_) / elapsed();
    const std::string time = duration(left / rate);
    if (is_terminal_) {
      const auto now = Clock::now();
      if (now - shown_ < std::chrono::milliseconds(50)) return;
      shown_ = now;
      constexpr int width = 24;
      const int filled = width * report.batch / report.batches;
      char text[256];
      std::snprintf(text, sizeof text,
                    "Epoch %d/%d [%s%s] %d/%d  %.1f batches/s  ETA %s  f(data) %+.3f  "
                    "f(model) %+.3f",
                    report.epoch, epochs_, std::string(to_size(filled), '#').c_str(),
                    std::string(to_size(width - filled), '.').c_str(), report.batch, report.batches,
                    rate, time.c_str(), report.result.data_score, report.result.model_score);
      show(text);
    } else if (report.batch < report.batches &&
               tenth(report.batch, report) != tenth(report.batch - 1, report)) {
      std::fprintf(stderr, "epoch %d/%d, batch %d/%d, %.1f batches/s, ETA %s\n", report.epoch,
                   epochs_, report.batch, report.batches, rate, time.c_str());
    }
  }

  template <class Trainer>
  void on_epoch(Trainer&, const EpochReport& report) const {
    std::ostringstream text;
    text << std::fixed << std::setprecision(3) << "epoch " << report.epoch << '/' << report.epochs
         << ": loss " << report.mean.loss.total << ", f(data) " << report.mean.data_score
         << ", f(model) " << report.mean.model_score;
    text << std::defaultfloat << std::setprecision(4);
    for (const auto& [name, value] : report.metrics) text << ", " << name << ' ' << value;
    text << "; " << duration(report.seconds);
    line(text.str());
  }

  /// A line of its own, between the others.
  void line(const std::string& text) const {
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
  }

  /// Seconds since the start.
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  /// "1 h 02 min", "3 min 05 s", "7 s"
  static std::string duration(double seconds) {
    const auto s = static_cast<long long>(seconds + 0.5);
    char text[64];
    if (s >= 3600) {
      std::snprintf(text, sizeof text, "%lld h %02lld min", s / 3600, s % 3600 / 60);
    } else if (s >= 60) {
      std::snprintf(text, sizeof text, "%lld min %02lld s", s / 60, s % 60);
    } else {
      std::snprintf(text, sizeof text, "%lld s", s);
    }
    return text;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static int tenth(int batch, const BatchReport& report) {
    return static_cast<int>(10LL * batch / report.batches);
  }
  static std::size_t to_size(int count) { return static_cast<std::size_t>(count); }

  /// Replaces the terminal's line; a longer one than it has room for would stay behind.
  void show(const std::string& text) const {
    winsize window{};
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    const std::size_t columns = is_known ? window.ws_col : 80;
    std::fprintf(stderr, "\r%s\x1b[K", text.substr(0, columns - 1).c_str());
  }
  void clear() const {
    if (is_terminal_) std::fputs("\r\x1b[K", stderr);
  }

  bool is_terminal_;
  int epochs_ = 0;
  std::int64_t first_iteration_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_{};
};

}  // namespace ebm::io
