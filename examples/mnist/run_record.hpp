// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a training run left in its folder, read as far as it is there.
namespace ebm_mnist {

/// Something from a file, or a sentence that says why there is nothing.
template <class T>
struct Part {
  T value{};
  std::string problem;  ///< empty: the value is there
};

/// The options of a run as text, in the order of the file.
struct RunSettings {
  std::vector<std::pair<std::string, std::string>> values;
  std::string version;  ///< of the program that made the run; empty: not said
  std::string call;     ///< the command line; empty: not said

  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  /// Whether the model is an energy over noise levels: of any recipe but the tutorial's.
  [[nodiscard]] bool has_levels() const {
    return find("recipe").value_or("tutorial") != "tutorial";
  }
};

/// metrics.csv: rows of batches and of epochs, in which not all is measured.
struct RunMetrics {
  struct Row {
    double epoch, iteration;
    std::vector<std::optional<double>> values;  ///< of each column; NaN: no number that was left
  };
  std::vector<std::string> columns;  ///< but for epoch and iteration
  std::vector<Row> rows;

  /// The place of a column, if there is one.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
};

/// A picture of an epoch: samples/epoch_007.png.
struct RunPicture {
  int epoch;
  std::filesystem::path file;
};

/// What the divergence guard saw and did.
struct RunEvent {
  std::int64_t iteration = 0;
  std::int64_t epoch = 0;
  std::string what, action;
};

/// The event of a line of guard.jsonl, which is at most 64 KiB long: values in memory may take a
/// hundred times as much. Nothing if the line holds none.
std::optional<RunEvent> event_of(std::string_view line);
/// The line of an event, with its end.
std::string line_of(const RunEvent& event);

struct RunRecord {
  std::string name;  ///< of the folder
  Part<RunSettings> settings;
  Part<RunMetrics> metrics;
  std::vector<RunPicture> samples, generation, sampler;  ///< by epoch
  Part<std::vector<RunEvent>> events;
  std::filesystem::path model;  ///< the best, else the newest; empty: none
};

/// Reads the folder of a run, finished or not.
///
/// Throws `ebm::Error` if it is no folder, or holds none of a run's files. What is missing or
/// broken in a run is a part's problem.
RunRecord read_run(const std::filesystem::path& folder);

}  // namespace ebm_mnist
