// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include "peak.hpp"

/// What a benchmark reports beside its time: counters that the table knows.
namespace rates {

/// Name of the counter with the share of the machine's peak, in percent.
inline constexpr const char* share_of_peak = "% of peak";

/// Floating-point operations of one iteration: two a multiply-add, those with padding counted too.
inline void count_operations(benchmark::State& state, double operations, int threads) {
  using benchmark::Counter;
  state.counters["GFLOP/s"] = Counter(1e-9 * operations, Counter::kIsIterationInvariantRate);
  state.counters[share_of_peak] =
      Counter(100e-9 * operations / peak::gflops(threads), Counter::kIsIterationInvariantRate);
}

/// `count` things, such as "images", that one iteration gets through.
inline void count_things(benchmark::State& state, const char* things, double count) {
  using benchmark::Counter;
  state.counters[std::string(things) + "/s"] = Counter(count, Counter::kIsIterationInvariantRate);
}

}  // namespace rates
