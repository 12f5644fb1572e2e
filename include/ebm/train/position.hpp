// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>

namespace ebm::inline EBM_ABI {

/// How far training is.
struct Position {
  /// More than any training comes to, and far from where counting overflows.
  static constexpr std::int64_t most_iterations = std::int64_t{1} << 62;

  std::size_t loss_parts = 0;  ///< that the loss names
  std::int64_t iteration = 0;  ///< of those made so far, also those that were taken back
  int epoch = 1;               ///< that the next iteration belongs to, from 1
  int batches_done = 0;        ///< of that epoch
  BatchResult result_sum;      ///< over those batches
  double gradient_norm_sum = 0;
  double learning_rate = 0;  ///< of the last of them

  void add(const BatchReport& report) {
    ++batches_done;
    result_sum += report.result;
    gradient_norm_sum += report.gradient_norm;
    learning_rate = report.learning_rate;
  }

  /// The report of the epoch as far as it is done.
  [[nodiscard]] EpochReport report() const {
    EpochReport report;
    report.epoch = epoch;
    report.batches = batches_done;
    report.iteration = iteration;
    report.mean = (1.0 / batches_done) * result_sum;
    report.gradient_norm = gradient_norm_sum / batches_done;
    report.learning_rate = learning_rate;
    return report;
  }

  /// Goes to the beginning of an epoch.
  void start_epoch(int number) {
    Position start;
    start.loss_parts = loss_parts;
    start.iteration = iteration;
    start.epoch = number;
    *this = start;
  }

  [[nodiscard]] State state() const {
    State state;
    state.put("iteration", iteration);
    state.put("epoch", std::int64_t{epoch});
    state.put("batches_done", std::int64_t{batches_done});
    std::vector sums{result_sum.loss.total};
    const auto& parts = result_sum.loss.parts;
    sums.insert(sums.end(), parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(loss_parts));
    sums.insert(sums.end(),
                {result_sum.data_score, result_sum.model_score, gradient_norm_sum, learning_rate});
    state.put("sums", std::move(sums));
    return state;
  }

  /// Throws `Error` if the state is none, or has a number that no training comes to.
  void restore(const State& state) {
    const auto sums = state.finite<double>("sums", loss_parts + 5);
    const auto behind_parts = sums.subspan(loss_parts + 1);
    LossValue loss{.total = sums[0]};
    std::copy_n(sums.begin() + 1, loss_parts, loss.parts.begin());
    *this = {.loss_parts = loss_parts,
             .iteration = state.get<std::int64_t>("iteration", 0, most_iterations),
             .epoch = state.count("epoch", 1),
             .batches_done = state.count("batches_done"),
             .result_sum = {loss, behind_parts[0], behind_parts[1]},
             .gradient_norm_sum = behind_parts[2],
             .learning_rate = behind_parts[3]};
  }
};

static_assert(Stateful<Position>);

}  // namespace ebm::inline EBM_ABI
