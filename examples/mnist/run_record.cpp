// SPDX-License-Identifier: MIT
#include "run_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/take_text.hpp>
#include <ebm/log/metrics_csv.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "config.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;
using ebm::io::detail::take_line;
using ebm::io::detail::take_until;

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (auto left = 1 + std::ranges::count(line, ','); left > 0; --left) {
    cells.push_back(take_until(',', line));
  }
  return cells;
}

/// The first two lines are comments: "# ebm-mnist 0.1.0, called as:", "# 'ebm-mnist' 'train'".
void read_heading(std::string_view text, RunSettings& settings) {
  constexpr std::string_view program = "# ebm-mnist ", call = "# ";
  auto first = take_line(text);
  const auto second = take_line(text);
  if (!first.starts_with(program)) return;
  first.remove_prefix(program.size());
  settings.version = take_until(',', first);
  if (second.starts_with(call)) settings.call = second.substr(call.size());
}

RunSettings read_settings(const fs::path& file) {
  const std::string text = ebm::io::read_text(file);
  RunSettings settings;
  read_heading(text, settings);
  for (ConfigEntry& entry : read_config(text)) {
    settings.values.emplace_back(std::move(entry.name), std::move(entry.value));
  }
  return settings;
}

/// NaN for a cell that holds no number.
double number(std::string_view cell) {
  double value = 0;
  const char* end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data(), end, value);
  const bool is_number = error == std::errc{} && stop == end;
  return is_number ? value : std::numeric_limits<double>::quiet_NaN();
}

bool is_count(double value) {
  constexpr double most = 1e15;  // far below where doubles skip whole numbers
  return value >= 0 && value < most;
}

RunMetrics read_metrics(const fs::path& file) {
  constexpr std::size_t first = 2;  // columns that say when
  const std::string text = ebm::io::read_text(file);
  std::string_view rest = text;
  const auto heading = take_line(rest);
  const auto names = cells_of(heading);
  if (names.size() < first || names[0] != "epoch" || names[1] != "iteration" ||
      std::ssize(names) > ebm::io::MetricsCsv::most_columns) {
    throw ebm::Error(
        ebm::sentence("expected a table whose columns begin with epoch,iteration, got ",
                      ebm::io::quoted_text(heading)));
  }
  RunMetrics metrics;
  metrics.columns.assign(names.begin() + first, names.end());
  while (!rest.empty()) {
    const auto cells = cells_of(take_line(rest));
    if (cells.size() != names.size()) continue;  // a line cut short
    RunMetrics::Row row{number(cells[0]), number(cells[1]), {}};
    if (!is_count(row.epoch) || !is_count(row.iteration)) continue;
    row.values.resize(metrics.columns.size());
    for (std::size_t i = first; i < cells.size(); ++i) {
      if (!cells[i].empty()) row.values[i - first] = number(cells[i]);
    }
    metrics.rows.push_back(std::move(row));
  }
  if (metrics.rows.empty()) throw ebm::Error("there is no row yet");
  return metrics;
}

std::vector<RunEvent> read_events(const fs::path& file) {
  std::vector<RunEvent> events;
  const std::string text = ebm::io::read_text(file);
  std::string_view rest = text;
  for (int line = 1; !rest.empty(); ++line) {
    const auto text_of_event = take_line(rest);
    if (text_of_event.empty()) continue;
    const auto event = event_of(text_of_event);
    if (!event) {
      throw ebm::Error(ebm::sentence("line ", line, " is no event of the divergence guard"));
    }
    events.push_back(*event);
  }
  return events;
}

std::vector<RunPicture> find_pictures(const fs::path& folder) {
  constexpr std::string_view prefix = "epoch_";
  std::vector<RunPicture> pictures;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    const std::string stem = entry.path().stem().string();
    if (!stem.starts_with(prefix) || !has_extension(entry.path(), ".png")) continue;
    int epoch = 0;
    const char* end = stem.data() + stem.size();
    const auto [stop, error] = std::from_chars(stem.data() + prefix.size(), end, epoch);
    if (error == std::errc{} && stop == end) pictures.push_back({epoch, entry.path()});
  }
  std::ranges::sort(pictures, {}, &RunPicture::epoch);
  return pictures;
}

/// What `read` makes of a file of the run, or why it does not.
template <class T>
Part<T> part(const fs::path& file, T (*read)(const fs::path&)) {
  const std::string name = file.filename().string();
  std::error_code unknown;
  if (!fs::exists(file, unknown)) return {{}, "The run has no " + name + "."};
  try {
    return {read(file), {}};
  } catch (const ebm::Error& error) {
    return {{}, name + " can't be read: " + error.what() + "."};
  }
}

}  // namespace

std::optional<RunEvent> event_of(std::string_view line) {
  constexpr std::size_t longest = std::size_t{1} << 16;
  if (line.size() > longest) return {};
  const auto json = nlohmann::json::parse(line, nullptr, false);
  const auto count = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_number_integer() &&
           json[key].get<double>() < 1e18;
  };
  const auto words = [&](const char* key) { return json.contains(key) && json[key].is_string(); };
  if (!count("iteration") || !count("epoch") || !words("what") || !words("action")) return {};
  return RunEvent{json["iteration"], json["epoch"], json["what"], json["action"]};
}

std::string line_of(const RunEvent& event) {
  const nlohmann::ordered_json json{{"iteration", event.iteration},
                                    {"epoch", event.epoch},
                                    {"what", event.what},
                                    {"action", event.action}};
  return json.dump() + '\n';
}

std::optional<std::string> RunSettings::find(std::string_view name) const {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::size_t> RunMetrics::find(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

RunRecord read_run(const fs::path& folder) {
  std::error_code unknown;
  if (!fs::is_directory(folder, unknown)) {
    throw ebm::Error(ebm::sentence("report: there is no folder ", ebm::io::quoted(folder)));
  }
  constexpr std::array files{"metrics.csv", "config.toml", "model.safetensors"};
  if (std::ranges::none_of(files, [&](auto* name) { return fs::exists(folder / name, unknown); })) {
    throw ebm::Error(ebm::sentence("report: ", ebm::io::quoted(folder),
                                   " holds no training run: it has neither metrics.csv, "
                                   "config.toml nor model.safetensors"));
  }
  RunRecord run;
  // "runs/mnist/" and "." have a name too.
  const fs::path whole = fs::weakly_canonical(folder, unknown);
  run.name = (whole.has_filename() ? whole.filename() : folder).string();
  run.settings = part<RunSettings>(folder / "config.toml", read_settings);
  run.metrics = part<RunMetrics>(folder / "metrics.csv", read_metrics);
  run.samples = find_pictures(folder / "samples");
  run.generation = find_pictures(folder / "generation");
  run.sampler = find_pictures(folder / "sampler");
  if (fs::exists(folder / "guard.jsonl", unknown)) {
    run.events = part<std::vector<RunEvent>>(folder / "guard.jsonl", read_events);
  }
  for (const char* name : {"model.safetensors", "best.safetensors"}) {
    if (fs::exists(folder / name, unknown)) run.model = folder / name;
  }
  return run;
}

}  // namespace ebm_mnist
