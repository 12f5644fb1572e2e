// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/ebm.hpp>

#include "rates.hpp"

/// Langevin dynamics on a standard normal distribution of 8 and of 128 dimensions: the cost of a
/// step without a network.
namespace {

using namespace ebm;

template <int Dimension>
struct Run {
  Gaussian<Dimension> energy;
  UnboundedLangevin sampler{{.step_size = 0.01, .noise = std::sqrt(2 * 0.01)}};
  Samples<float> chains;
  int steps;
  Workspace<float> workspace;

  Run(int count, int steps_of_chains)
      : chains(Samples<float>::Zero(count, Dimension)), steps(steps_of_chains) {}

  template <class X>
  void operator()(std::uint64_t first_chain, X& executor) {
    run_chains(sampler, energy, chains, {.steps = steps, .rng = Rng{1}, .first_chain = first_chain},
               executor, workspace);
  }
};

TEST_CASE("many short chains on a Gaussian end with the variance of the discretised process") {
  // x <- (1 - h) x + s z from 0 on; after n steps its variance is s^2 times the sum of
  // (1 - h)^(2 i) for i = 0 ... n - 1.
  Run<8> run(4096, 200);
  Serial executor;
  run(0, executor);
  double expected = 0;
  for (int i = 0; i < 200; ++i) expected += 0.02 * std::pow(0.99, 2 * i);
  const double mean = run.chains.mean(), square = run.chains.array().square().mean();
  // 4.9 standard deviations of each estimate, a false alarm in 10^6: of 32,768 draws.
  CHECK(std::abs(mean) < 4.9 * std::sqrt(expected / 32768));
  CHECK(std::abs(square - expected) < 4.9 * expected * std::sqrt(2.0 / 32768));
}

/// range(0): chains; range(1): steps; range(2): threads
template <int Dimension>
void gaussian_langevin(benchmark::State& state) {
  const int chains = static_cast<int>(state.range(0)), steps = static_cast<int>(state.range(1));
  Run<Dimension> run(chains, steps);
  Threads executor(static_cast<int>(state.range(2)));
  std::uint64_t first_chain = 0;
  for (auto _ : state) {
    run(first_chain, executor);
    first_chain += static_cast<std::uint64_t>(chains);
  }
  rates::count_things(state, "element steps", double{Dimension} * chains * steps);
}
// The first of each pair is a workload that torchebm publishes figures of.
BENCHMARK_TEMPLATE(gaussian_langevin, 8)
    ->ArgNames({"chains", "steps", "threads"})
    ->Args({64, 50, 1})
    ->Args({64, 50, 2})
    ->Args({4096, 50, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(gaussian_langevin, 128)
    ->ArgNames({"chains", "steps", "threads"})
    ->Args({1024, 200, 1})
    ->Args({1024, 200, 2})
    ->Args({4096, 200, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
