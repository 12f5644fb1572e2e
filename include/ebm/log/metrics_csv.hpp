// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/take_text.hpp>
#include <ebm/io/write_file.hpp>
#include <ebm/train/position.hpp>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

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
/// if the name of a metric can't head a column, or there are more than `most_columns`.
class MetricsCsv {
 public:
  /// Each row has a cell for each column, so that a file grows with both.
  static constexpr std::ptrdiff_t most_columns = 256;

  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit MetricsCsv(MetricsCsvOptions options) : options_(std::move(options)) {
    require(options_.every >= 1, "MetricsCsv: every must be >= 1, got ", options_.every);
  }

  template <class Trainer>
  void on_start(Trainer& trainer) {
    require_writable(options_.file);
    columns_ = {"epoch", "iteration"};
    rows_.clear();
    is_ours_ = false;
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
    require_free(epoch_seconds, metrics);
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

  static void require_free(std::string_view name, const Metrics& metrics) {
    require(!metrics.contains(name), "MetricsCsv: a metric can't be called '", name,
            "', as a column of each table is");
  }

  void add_row(int epoch, std::int64_t iteration, const Metrics& metrics) {
    for (const std::string& name : columns_ | std::views::take(2)) require_free(name, metrics);
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
    constexpr std::string_view not_of_names(",\"\r\n\0", 5);
    require(!name.empty() && name.find_first_of(not_of_names) == name.npos,
            "MetricsCsv: ", quoted_text(name),
            " can't head a column: expected letters, but no comma, quote or line break");
    require(std::ssize(columns_) < most_columns, "MetricsCsv: there are more than ", most_columns,
            " columns");
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

  static std::string_view cell(std::string_view line, std::ptrdiff_t column) {
    while (column-- > 0) static_cast<void>(detail::take_until(',', line));
    return detail::take_until(',', line);
  }

  /// The rows of earlier sessions up to where training is now.
  void read_rows(const Position& position) {
    const std::string text = read_text(options_.file);
    const auto refuse = [&](const std::string& why) {
      throw Error(sentence(quoted(options_.file), " is no table of metrics: ", why,
                           "; move it away to go on without its rows"));
    };
    std::string_view rest = text;
    read_heading(detail::take_line(rest), refuse);
    const auto columns = std::ssize(columns_);
    const auto seconds = std::ranges::find(columns_, epoch_seconds) - columns_.begin();
    for (std::int64_t row = 1; !rest.empty(); ++row) {
      const bool has_end = rest.find('\n') != rest.npos;
      const auto line = detail::take_line(rest);
      const auto cells = cells_of(line);
      if (line.empty() || (!has_end && cells < columns)) continue;  // cut short
      if (cells != columns) {
        refuse(sentence("row ", row, " has ", cells, " cells, expected ", columns));
      }
      const auto epoch = count_in(cell(line, 0)), iteration = count_in(cell(line, 1));
      if (!epoch) refuse(sentence("row ", row, " has no epoch"));
      if (!iteration) refuse(sentence("row ", row, " has no iteration"));
      // After the last step of an epoch, its end may be yet to come.
      const bool is_epoch = seconds < columns && !cell(line, seconds).empty();
      const bool is_past =
          *iteration < position.iteration ||
          (*iteration == position.iteration && (position.batches_done == 0 || !is_epoch));
      if (is_past) rows_.append(line) += '\n';
    }
  }

  template <class Refuse>
  void read_heading(std::string_view heading, const Refuse& refuse) {
    const auto columns = cells_of(heading);
    if (columns > most_columns) refuse(sentence("it has more than ", most_columns, " columns"));
    std::vector<std::string> names;
    for (auto i = columns; i-- > 0;) names.emplace_back(detail::take_until(',', heading));
    if (columns < 2 || names[0] != columns_[0] || names[1] != columns_[1]) {
      refuse("its first columns are not epoch and iteration");
    }
    for (auto name = names.begin(); name != names.end(); ++name) {
      if (name->empty()) refuse("a column has no name");
      if (std::find(names.begin(), name, *name) != name) {
        refuse(sentence("two columns are called ", quoted_text(*name)));
      }
    }
    columns_ = std::move(names);
  }

  static std::ptrdiff_t cells_of(std::string_view line) {
    return 1 + std::ranges::count(line, ',');
  }

  /// A whole number >= 0 in digits.
  static std::optional<std::int64_t> count_in(std::string_view text) {
    std::int64_t count = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool is_count = error == std::errc{} && end == text.data() + text.size() && count >= 0;
    return is_count ? std::optional(count) : std::nullopt;
  }

  MetricsCsvOptions options_;
  std::vector<std::string> columns_{"epoch", "iteration"};
  std::string rows_;      // as they stand in the file, a line each
  bool is_ours_ = false;  // the file has been written, so that rows can follow
};

}  // namespace ebm::inline EBM_ABI::io
