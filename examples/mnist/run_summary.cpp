// SPDX-License-Identifier: MIT
#include "run_summary.hpp"

#include <charconv>
#include <cmath>

namespace ebm_mnist {

namespace {

std::optional<std::int64_t> whole_number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

Verdict verdict_of(const RunRecord& run) {
  const auto& events = run.events.value;
  if (!run.events.problem.empty()) return {"unknown", run.events.problem};
  if (events.empty()) {
    const auto is_off = run.settings.value.find("no-guard");
    if (!is_off) return {"no record", "No event of the divergence guard is on record."};
    if (*is_off == "true") return {"off", "The divergence guard was switched off."};
    return {"calm", "The divergence guard saw nothing unusual."};
  }
  const RunEvent& last = events.back();
  const std::string place = " in epoch " + std::to_string(last.epoch) + ".";
  if (last.action.starts_with("gave up"))
    return {"gave up", "The divergence guard gave up" + place};
  if (events.size() == 1) {
    return {"1 event", "The divergence guard put the run back once," + place};
  }
  const std::string times = std::to_string(events.size());
  return {times + " events",
          "The divergence guard put the run back " + times + " times, the last time" + place};
}

}  // namespace

Validation validation_of(const RunSettings& settings) {
  return settings.has_levels() ? Validation{"val_loss", "denoising loss"}
                               : Validation{"val_contrastive_divergence", "contrastive divergence"};
}

std::vector<Measured> measured(const RunMetrics& metrics, std::string_view column) {
  std::vector<Measured> values;
  const auto place = metrics.find(column);
  if (!place) return values;
  for (const RunMetrics::Row& row : metrics.rows) {
    if (!row.values[*place]) continue;
    values.push_back({static_cast<std::int64_t>(row.epoch), *row.values[*place]});
  }
  return values;
}

RunSummary summary_of(const RunRecord& run) {
  const RunMetrics& metrics = run.metrics.value;
  RunSummary summary;
  summary.epochs_planned = whole_number(run.settings.value.find("epochs"));
  summary.guard = verdict_of(run);
  // Not the largest: a run that was put back has been further than it is.
  const auto look_at = [&](const std::vector<Measured>& values) {
    if (!values.empty()) summary.epochs_done = values.back().epoch;
  };
  const auto validation = measured(metrics, validation_of(run.settings.value).column);
  look_at(validation);
  for (const Measured& m : validation) {
    const bool is_better = !summary.best || m.value < summary.best->value;
    if (std::isfinite(m.value) && is_better) summary.best = m;
  }
  const auto noise = measured(metrics, "rand_out");
  look_at(noise);
  if (!noise.empty()) summary.noise = noise.back();
  const auto times = measured(metrics, "seconds");
  look_at(times);
  for (const Measured& m : times) {
    constexpr double century = 3.2e9;  // no more is a time
    if (m.value >= 0 && m.value < century) summary.seconds = summary.seconds.value_or(0) + m.value;
  }
  return summary;
}

}  // namespace ebm_mnist
