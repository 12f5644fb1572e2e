// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <ebm/parallel/threads.hpp>
#include <string>

#include "peak.hpp"

/// What a benchmark reports beside its time: counters that the table knows.
namespace rates {

/// Name of the counter with the share of the machine's peak, in percent.
inline constexpr const char* share_of_peak = "% of peak";

/// The machine's peak, measured in turn with what is timed: its speed changes with what else runs.
class Peak {
 public:
  explicit Peak(int threads) : team_(threads) { measure(); }

  /// Between two iterations: now and then measures the peak while the benchmark's clock stands.
  void measure_beside(benchmark::State& state) {
    if (Clock::now() - measured_ < std::chrono::milliseconds(10)) return;
    state.PauseTiming();
    measure();
    state.ResumeTiming();
  }
  void measure() {
    sum_ += peak::gflops(team_, 0.003);
    ++measurements_;
    measured_ = Clock::now();
  }

  /// Floating-point operations of one iteration: two a multiply-add, those with padding counted
  /// too.
  void count_operations(benchmark::State& state, double operations) const {
    using benchmark::Counter;
    const double beside = sum_ / measurements_;
    state.counters["GFLOP/s"] = Counter(1e-9 * operations, Counter::kIsIterationInvariantRate);
    state.counters[share_of_peak] =
        Counter(100e-9 * operations / beside, Counter::kIsIterationInvariantRate);
  }

 private:
  using Clock = std::chrono::steady_clock;
  ebm::Threads team_;
  double sum_ = 0;
  int measurements_ = 0;
  Clock::time_point measured_;
};

/// `count` things, such as "images", that one iteration gets through.
inline void count_things(benchmark::State& state, const char* things, double count) {
  using benchmark::Counter;
  state.counters[std::string(things) + "/s"] = Counter(count, Counter::kIsIterationInvariantRate);
}

}  // namespace rates
