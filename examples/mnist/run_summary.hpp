// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "run_record.hpp"

/// What a training run came to, in a few numbers.
namespace ebm_mnist {

/// A number of an epoch.
struct Measured {
  std::int64_t epoch = 0;
  double value = 0;
};

/// What a run's models are judged by after each epoch: lower is better.
struct Validation {
  const char* column;  ///< of metrics.csv
  const char* name;
};

/// That of the run's recipe.
Validation validation_of(const RunSettings& settings);

/// What the divergence guard did, in a word or two and in a sentence.
struct Verdict {
  std::string word, sentence;
};

struct RunSummary {
  std::int64_t epochs_done = 0;
  std::optional<std::int64_t> epochs_planned;
  std::optional<Measured> best;   ///< the lowest finite loss in validation
  std::optional<Measured> noise;  ///< the last mean f of noise images, which may be NaN
  std::optional<double> seconds;  ///< of all epochs' training
  Verdict guard;

  [[nodiscard]] bool is_complete() const {
    return epochs_planned && epochs_done >= *epochs_planned;
  }
};

RunSummary summary_of(const RunRecord& run);

/// The rows that hold a value of the column, in their order.
std::vector<Measured> measured(const RunMetrics& metrics, std::string_view column);

}  // namespace ebm_mnist
