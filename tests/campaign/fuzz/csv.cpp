// SPDX-License-Identifier: MIT
// MetricsCsv, which reads the rows of an earlier run and writes them again with new ones. What it
// has written it must read and write as the same bytes.
#include <ebm/io/file.hpp>
#include <ebm/log/metrics_csv.hpp>

#include "checks.hpp"

namespace {

/// A trainer as far as it is looked at.
struct Resumed {
  ebm::Position at;
  [[nodiscard]] const ebm::Position& position() const { return at; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "metrics.csv";
  fuzz::put(file, {data, size});
  Resumed trainer;
  trainer.at.iteration = 100;
  trainer.at.batches_done = size % 2 == 0 ? 0 : 7;

  ebm::io::MetricsCsv metrics({.file = file, .every = 1});
  if (!fuzz::accepts([&] { metrics.on_start(trainer); })) return 0;
  if (!fuzz::is_one_in(8, {data, size})) return 0;
  ebm::BatchReport batch;
  batch.epoch = 3;
  batch.iteration = 100;
  ebm::EpochReport epoch;
  epoch.epoch = 3;
  epoch.iteration = 100;
  epoch.metrics.set("new", 0.5);
  try {
    metrics.on_batch(trainer, batch);
    metrics.on_epoch(trainer, epoch);
  } catch (const ebm::InvalidArgument&) {
    return 0;  // the table had as many columns as one may have
  }
  metrics.on_end(trainer);

  const std::string written = ebm::io::read_text(file);
  trainer.at.batches_done = 0;
  ebm::io::MetricsCsv again({.file = file});
  again.on_start(trainer);
  again.on_end(trainer);
  fuzz::expect(ebm::io::read_text(file) == written, "a table that is written again is the same");
  return 0;
}
