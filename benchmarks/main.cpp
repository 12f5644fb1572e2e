// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "peak.hpp"
#include "table.hpp"

/// Checks every kernel against its reference, then times all and prints a table.
///
/// `--check` stops after the checks, `--no-check` leaves them out (for `compare`, which starts this
/// program many times). The other arguments are Google Benchmark's, such as
/// `--benchmark_filter=langevin` and `--benchmark_out=FILE`.
int main(int argc, char** argv) {
  const auto take = [&](const char* flag) {
    char** end = argv + argc;
    char** rest = std::remove_if(argv, end, [&](char* a) { return std::strcmp(a, flag) == 0; });
    argc = static_cast<int>(rest - argv);
    return rest != end;
  };
  const bool only_check = take("--check"), no_check = take("--no-check");
  if (!no_check) {
    const int failed = doctest::Context().run();
    if (failed != 0 || only_check) return failed;
  }

  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (no_check) {  // in the format that was asked for
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  }
  ebm::Threads one(1), two(2);
  std::printf(
      "\nmultiply-add peak of %d-bit registers: %.1f GFLOP/s on one thread, %.1f on two\n\n",
      32 * ebm::kernels::RegisterOfBlock<float>::Vector::size, peak::gflops(one, 0.1),
      peak::gflops(two, 0.1));
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  return 0;
}
