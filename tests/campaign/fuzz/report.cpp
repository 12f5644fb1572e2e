// SPDX-License-Identifier: MIT
// read_run, which ebm-mnist's report reads a run's folder with. An input is config.toml,
// metrics.csv and guard.jsonl, with a zero byte before the second and the third.
#include "checks.hpp"
#include "run_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  std::span<const std::uint8_t> rest(data, size);
  for (const char* name : {"config.toml", "metrics.csv", "guard.jsonl"}) {
    const auto end = static_cast<std::size_t>(std::ranges::find(rest, 0) - rest.begin());
    fuzz::put(folder / name, rest.first(end));
    rest = rest.subspan(std::min(end + 1, rest.size()));
  }
  const auto run = ebm_mnist::read_run(folder.path());
  for (const auto& problem : {run.settings.problem, run.metrics.problem, run.events.problem}) {
    fuzz::expect_printable(problem);
  }
  for (const auto& row : run.metrics.value.rows) {
    fuzz::expect(row.values.size() == run.metrics.value.columns.size(), "rows have all columns");
  }
  return 0;
}
