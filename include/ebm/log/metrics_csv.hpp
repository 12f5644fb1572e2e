// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <ebm/train/position.hpp>
#include <functional>
#include <map>

/// The numbers of a run as a table.
namespace ebm::inline EBM_ABI::io {

/// Options of `MetricsCsv`.
struct MetricsCsvOptions {
  std::filesystem::path file;  ///< of the table
  int every = 50;              ///< steps from one row of a single batch to the next, >= 1
  /// Rows stay in memory as long as this returns true, so that a file of an earlier run may stay.
  std::function<bool()> waits{};
};

/// Callback: a row for every 50th batch and for every epoch, a column for each metric.
///
/// The first columns are `epoch` and `iteration`; an empty cell was not measured in that row, as in
/// PyTorch Lightning's CSVLogger. Stands after the callbacks whose metrics it writes. A run that
/// goes on keeps the rows of the steps that it has made already. A row is appended to the file, at
/// a cost that doesn't grow with their number; where a metric is new, and at the end of a training,
/// the file is replaced as a whole.
/// Throws `Error` if it can't be written, or the rows to keep can't be read.
class MetricsCsv {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit MetricsCsv(MetricsCsvOptions options) : options_(std::move(options)) {
    require(options_.every >= 1, "MetricsCsv: every must be >= 1, got ", options_.every);
  }

  template <class Trainer>
  void on_start(Trainer& trainer) {
    require_writable(options_.file);
    if (trainer.position().iteration > 0 && std::filesystem::exists(options_.file)) {
      read_rows(trainer.position());
    }
  }

  template <class Trainer>
  void on_batch(Trainer&, const BatchReport& report) {
    if (report.iteration % options_.every == 0) {
      add_row(report.epoch, report.iteration, metrics_of(report));
    }
  }

  template <class Trainer>
  void on_epoch(Trainer&, const EpochReport& report) {
    Metrics metrics = report.metrics;
    metrics.set(epoch_seconds, report.seconds);
    add_row(report.epoch, report.iteration, metrics);
  }

  template <class Trainer>
  void on_end(Trainer&) {
    if (!waits()) write();
  }

 private:
  using Row = std::map<std::string, std::string, std::less<>>;
  static constexpr const char* epoch_seconds = "seconds";  // that rows of epochs have

  /// The shortest digits that mean this number.
  static std::string text(double value) {
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  }

  [[nodiscard]] bool waits() const { return options_.waits && options_.waits(); }

  void add_row(int epoch, std::int64_t iteration, const Metrics& metrics) {
    const std::size_t columns_before = columns_.size();
    Row row{{"epoch", std::to_string(epoch)}, {"iteration", std::to_string(iteration)}};
    for (const auto& [name, value] : metrics) {
      if (std::ranges::find(columns_, name) == columns_.end()) columns_.emplace_back(name);
      row[name] = text(value);
    }
    rows_.push_back(std::move(row));
    if (waits()) return;
    const bool fits = is_ours_ && columns_.size() == columns_before;
    if (!fits || !append_text(options_.file, line_of(rows_.back()))) write();
  }

  [[nodiscard]] std::string line_of(const Row& row) const {
    std::string line;
    for (const char* separator = ""; const std::string& column : columns_) {
      const auto found = row.find(column);
      line.append(std::exchange(separator, ","));
      if (found != row.end()) line += found->second;
    }
    return line + '\n';
  }

  void write() {
    Row heading;
    for (const std::string& column : columns_) heading[column] = column;
    std::string table = line_of(heading);
    for (const Row& row : rows_) table += line_of(row);
    write_file_atomically(options_.file, table);
    is_ours_ = true;
  }

  static std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    return cells;
  }

  /// The rows of earlier sessions up to where training is now.
  void read_rows(const Position& position) {
    const std::string text = read_text(options_.file);
    std::string_view rest = text;
    const auto next_line = [&] {
      const auto end = std::min(rest.find('\n'), rest.size());
      const auto line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      return line;
    };
    columns_ = cells_of(next_line());
    const auto refuse = [&](const char* why) {
      throw Error(sentence(quoted(options_.file), " is no table of metrics: ", why));
    };
    if (columns_.size() < 2 || columns_[0] != "epoch" || columns_[1] != "iteration") {
      refuse("its first columns are not epoch and iteration");
    }
    // A row has a cell for each column, so that memory grows with both.
    constexpr std::size_t most_columns = 256;
    if (columns_.size() > most_columns) refuse("it has more than 256 columns");
    rows_.clear();
    while (rest.find('\n') != rest.npos) {  // a line without an end was cut short
      const auto cells = cells_of(next_line());
      Row row;
      for (std::size_t i = 0; i < std::min(cells.size(), columns_.size()); ++i) {
        if (!cells[i].empty()) row[columns_[i]] = cells[i];
      }
      std::int64_t iteration = 0;
      const std::string& digits = row["iteration"];
      const auto end = digits.data() + digits.size();
      if (digits.empty() || std::from_chars(digits.data(), end, iteration).ptr != end) {
        refuse("a row has no iteration");
      }
      // After the last step of an epoch, its end may be yet to come.
      const bool is_past = iteration < position.iteration ||
                           (iteration == position.iteration &&
                            (position.batches_done == 0 || !row.contains(epoch_seconds)));
      if (is_past) rows_.push_back(std::move(row));
    }
  }

  MetricsCsvOptions options_;
  std::vector<std::string> columns_{"epoch", "iteration"};
  std::vector<Row> rows_;
  bool is_ours_ = false;  // the file has been written, so that rows can follow
};

}  // namespace ebm::inline EBM_ABI::io
