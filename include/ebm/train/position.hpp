// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>
#include <limits>

namespace ebm::inline EBM_ABI {

/// How far training is.
struct Position {
  std::int64_t iteration = 0;  ///< steps made so far, also those that were taken back
  int epoch = 1;               ///< that the next step belongs to, from 1
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
    start.iteration = iteration;
    start.epoch = number;
    *this = start;
  }

  [[nodiscard]] State state() const {
    State state;
    state.put("iteration", iteration);
    state.put("epoch", std::int64_t{epoch});
    state.put("batches_done", std::int64_t{batches_done});
    const LossValue& loss = result_sum.loss;
    state.put("sums", std::vector{loss.total, loss.regularizer, loss.contrastive_divergence,
                                  result_sum.data_score, result_sum.model_score, gradient_norm_sum,
                                  learning_rate});
    return state;
  }

  /// Throws `Error` if the state is none, or has a number that no training comes to.
  void restore(const State& state) {
    const auto sums = state.get<double>("sums", 7);
    const auto number = [&](const char* name, std::int64_t least, std::int64_t most) {
      const auto value = state.get<std::int64_t>(name);
      if (value < least || value > most) {
        throw Error(sentence("Position::restore: ", name, " is ", value));
      }
      return value;
    };
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    *this = {.iteration = number("iteration", 0, std::numeric_limits<std::int64_t>::max()),
             .epoch = static_cast<int>(number("epoch", 1, most)),
             .batches_done = static_cast<int>(number("batches_done", 0, most)),
             .result_sum = {{sums[0], sums[1], sums[2]}, sums[3], sums[4]},
             .gradient_norm_sum = sums[5],
             .learning_rate = sums[6]};
  }
};

static_assert(Stateful<Position>);

}  // namespace ebm::inline EBM_ABI
