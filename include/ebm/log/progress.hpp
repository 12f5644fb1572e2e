// SPDX-License-Identifier: MIT
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ebm/io/digits.hpp>
#include <ebm/train/report.hpp>
#include <string>

namespace ebm::inline EBM_ABI::io {

/// Callback: tells on standard error how far training is: a bar on a terminal, plain lines
/// elsewhere, and a line with each epoch's means and metrics.
///
/// Stands after the callbacks whose metrics it shows.
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
      show(sentence("Epoch ", report.epoch, '/', epochs_, ' '),
           static_cast<double>(report.batch) / report.batches,
           sentence(report.batch, '/', report.batches, "  ", with_decimals(rate, 1),
                    " batches/s  ETA ", time, "  f(data) ", with_sign(report.result.data_score),
                    "  f(model) ", with_sign(report.result.model_score)));
    } else if (report.batch < report.batches &&
               tenth(report.batch, report) != tenth(report.batch - 1, report)) {
      line(sentence("epoch ", report.epoch, '/', epochs_, ", batch ", report.batch, '/',
                    report.batches, ", ", with_decimals(rate, 1), " batches/s, ETA ", time));
    }
  }

  template <class Trainer>
  void on_epoch(Trainer&, const EpochReport& report) const {
    std::string text = sentence("epoch ", report.epoch, '/', report.epochs, ": loss ",
                                with_decimals(report.mean.loss.total, 3), ", f(data) ",
                                with_decimals(report.mean.data_score, 3), ", f(model) ",
                                with_decimals(report.mean.model_score, 3));
    for (const auto& [name, value] : report.metrics) {
      text += sentence(", ", name, ' ', with_significant(value, 4));
    }
    line(text + "; " + duration(report.seconds));
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
    const auto s = static_cast<std::uint64_t>(seconds + 0.5);
    if (s >= 3600) return sentence(s / 3600, " h ", zero_padded(s % 3600 / 60, 2), " min");
    if (s >= 60) return sentence(s / 60, " min ", zero_padded(s % 60, 2), " s");
    return sentence(s, " s");
  }

 private:
  using Clock = std::chrono::steady_clock;

  static int tenth(int batch, const BatchReport& report) {
    return static_cast<int>(10LL * batch / report.batches);
  }
  static std::size_t to_size(int count) { return static_cast<std::size_t>(count); }
  static std::string with_sign(double score) {
    return (score < 0 ? "" : "+") + with_decimals(score, 3);
  }

  /// Replaces the terminal's line by two texts and a bar between them, which takes the room that
  /// they leave; a longer line than the terminal has room for would stay behind.
  void show(const std::string& before, double done, const std::string& after) const {
    winsize window{};
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    const int columns = (is_known ? window.ws_col : 80) - 1;
    constexpr int widest = 24, frame = 3;  // "[] "
    const int width =
        std::min(widest, columns - frame - static_cast<int>(before.size() + after.size()));
    std::string text = before;
    if (width > 0) {
      const int filled = static_cast<int>(width * done);
      text += sentence('[', std::string(to_size(filled), '#'),
                       std::string(to_size(width - filled), '.'), "] ");
    }
    text += after;
    std::fprintf(stderr, "\r%s\x1b[K", text.substr(0, to_size(std::max(0, columns))).c_str());
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

}  // namespace ebm::inline EBM_ABI::io
