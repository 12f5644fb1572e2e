// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/evaluate.hpp>
#include <ebm/io/tensorboard.hpp>
#include <ebm/train/report.hpp>
#include <optional>

namespace ebm::inline EBM_ABI::io {

/// Options of `TensorBoardLog`.
struct TensorBoardLogOptions {
  std::filesystem::path folder;  ///< of the event files
  int every = 50;                ///< steps from one point of the training curves to the next, >= 1
  int histograms_every = 5;      ///< epochs from one set of histograms to the next, >= 1
  int gradient_samples = 128;    ///< newest samples of the buffer whose gradients are counted, >= 1
};

/// Callback: a run's curves and histograms as TensorBoard shows them, also while it goes on.
///
/// Curves: the training metrics every 50 steps and each epoch's metrics, under the tutorial's tags.
/// Histograms: each parameter, and `pixel_gradients`, dE/dx of the newest samples of the buffer,
/// if the training has one.
/// Stands after the callbacks whose metrics it writes. A run that goes on voids what was logged
/// after the step where it goes on. Throws `Error` if the files can't be written.
class TensorBoardLog {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit TensorBoardLog(TensorBoardLogOptions options) : options_(std::move(options)) {
    const auto& o = options_;
    require(o.every >= 1, "TensorBoardLog: every must be >= 1, got ", o.every);
    require(o.histograms_every >= 1, "TensorBoardLog: histograms_every must be >= 1, got ",
            o.histograms_every);
    require(o.gradient_samples >= 1, "TensorBoardLog: gradient_samples must be >= 1, got ",
            o.gradient_samples);
  }

  template <class Trainer>
  void on_start(Trainer& trainer) {
    TensorBoardOptions session;
    const std::int64_t done = trainer.position().iteration;
    if (done > 0) session.first_step = done + 1;
    writer_.emplace(options_.folder, session);
  }

  template <class Trainer>
  void on_batch(Trainer&, const BatchReport& report) {
    if (report.iteration % options_.every != 0) return;
    add(metrics_of(report), report.iteration);
    writer_->flush();
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const EpochReport& report) {
    add(report.metrics, report.iteration);
    if (report.epoch % options_.histograms_every == 0) {
      add_histograms(trainer, report.iteration);
    }
    writer_->flush();
  }

  /// For callbacks that have pictures or texts to show; only between the start and the end.
  [[nodiscard]] TensorBoard& writer() {
    require(writer_.has_value(), "TensorBoardLog::writer: training has not started");
    return *writer_;
  }

 private:
  void add(const Metrics& metrics, std::int64_t step) {
    for (const auto& [name, value] : metrics) writer_->scalar(name, value, step);
  }

  template <class Trainer>
  void add_histograms(Trainer& trainer, std::int64_t step) {
    using T = typename Trainer::value_type;
    const std::span<const T> parameters = trainer.model().parameters();
    for (const ParameterInfo& info : trainer.model().parameter_infos()) {
      writer_->histogram(info.name,
                         parameters.subspan(static_cast<std::size_t>(info.offset),
                                            static_cast<std::size_t>(info.size)),
                         step);
    }
    if constexpr (Trainer::has_buffer) {
      const Samples<T> gradients = energy_gradients(
          trainer.model(), trainer.buffer().newest(options_.gradient_samples), trainer.executor());
      writer_->histogram(
          "pixel_gradients",
          std::span<const T>(gradients.data(), static_cast<std::size_t>(gradients.size())), step);
    }
  }

  TensorBoardLogOptions options_;
  std::optional<TensorBoard> writer_;
};

}  // namespace ebm::inline EBM_ABI::io
