// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <ebm/train/position.hpp>
#include <functional>
#include <ranges>

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
/// Throws `Error` if it can't be written, or the rows to keep can't be read, and `InvalidArgument`
/// if the name of a metric can't head a column.
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
  static constexpr const char* epoch_seconds = "seconds";  // that rows of epochs have

  /// The shortest digits that mean this number.
  static std::string text(double value) {
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  }

  [[nodiscard]] bool waits() const { return options_.waits && options_.waits(); }

  void add_row(int epoch, std::int64_t iteration, const Metrics& metrics) {
    bool fits = is_ours_;
    for (const auto& [name, value] : metrics) {
      if (std::ranges::find(columns_, name) != columns_.end()) continue;
      add_column(name);
      fits = false;
    }
    std::string line = std::to_string(epoch) + ',' + std::to_string(iteration);
    for (const std::string& column : columns_ | std::views::drop(2)) {
      line += ',';
      if (metrics.contains(column)) line += text(metrics.at(column));
    }
    rows_ += line += '\n';
    if (waits()) return;
    if (!fits || !append_text(options_.file, line)) write();
  }

  /// Rows that there are have nothing in the column.
  void add_column(const std::string& name) {
    require(name.find_first_of(",\"\r\n") == name.npos, "MetricsCsv: ", quoted_text(name),
            " can't head a column: a comma, a quote or a line break would end it");
    columns_.push_back(name);
    std::string rows;
    for (const char c : rows_) {
      if (c == '\n') rows += ',';
      rows += c;
    }
    rows_ = std::move(rows);
  }

  void write() {
    std::string table;
    for (const std::string& column : columns_) table += (table.empty() ? "" : ",") + column;
    write_file_atomically(options_.file, table + '\n' + rows_);
    is_ours_ = true;
  }

  /// Takes what comes before the next separator, or all, off `text`.
  static std::string_view take(std::string_view& text, char separator) {
    const auto part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
  }
  static std::string_view cell(std::string_view line, std::ptrdiff_t column) {
    while (column-- > 0) take(line, ',');
    return take(line, ',');
  }

  /// The rows of earlier sessions up to where training is now.
  void read_rows(const Position& position) {
    const std::string text = read_text(options_.file);
    const auto refuse = [&](const std::string& why) {
      throw Error(sentence(quoted(options_.file), " is no table of metrics: ", why));
    };
    std::string_view rest = text;
    std::string_view heading = take(rest, '\n');
    const auto cells_of = [](std::string_view line) { return 1 + std::ranges::count(line, ','); };
    const auto columns = cells_of(heading);
    // Each row to come has a cell for each column.
    constexpr std::ptrdiff_t most_columns = 256;
    if (columns > most_columns) refuse(sentence("it has more than ", most_columns, " columns"));
    columns_.clear();
    for (auto i = columns; i-- > 0;) columns_.emplace_back(take(heading, ','));
    if (columns < 2 || columns_[0] != "epoch" || columns_[1] != "iteration") {
      refuse("its first columns are not epoch and iteration");
    }
    const auto seconds = std::ranges::find(columns_, epoch_seconds) - columns_.begin();
    rows_.clear();
    for (std::int64_t row = 1; rest.find('\n') != rest.npos; ++row) {  // what has no end was cut
      const auto line = take(rest, '\n');
      const auto cells = cells_of(line);
      if (cells != columns) {
        refuse(sentence("row ", row, " has ", cells, " cells, expected ", columns));
      }
      std::int64_t iteration = 0;
      const std::string_view digits = cell(line, 1);
      const auto end = digits.data() + digits.size();
      const auto [stop, error] = std::from_chars(digits.data(), end, iteration);
      if (error != std::errc{} || stop != end) refuse(sentence("row ", row, " has no iteration"));
      // After the last step of an epoch, its end may be yet to come.
      const bool is_epoch = seconds < columns && !cell(line, seconds).empty();
      const bool is_past =
          iteration < position.iteration ||
          (iteration == position.iteration && (position.batches_done == 0 || !is_epoch));
      if (is_past) rows_.append(line) += '\n';
    }
  }

  MetricsCsvOptions options_;
  std::vector<std::string> columns_{"epoch", "iteration"};
  std::string rows_;      // as they stand in the file, a line each
  bool is_ours_ = false;  // the file has been written, so that rows can follow
};

}  // namespace ebm::inline EBM_ABI::io
