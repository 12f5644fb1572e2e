// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <cstring>

/// Checks every kernel against its reference and only then times it; `--check` stops before.
///
/// The other arguments are Google Benchmark's, such as `--benchmark_filter=langevin`.
int main(int argc, char** argv) {
  doctest::Context checks;
  const int failed = checks.run();
  if (failed != 0) return failed;
  if (argc > 1 && std::strcmp(argv[1], "--check") == 0) return 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
