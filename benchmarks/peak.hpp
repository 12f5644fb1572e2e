// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <ebm/kernels/correlate.hpp>
#include <ebm/parallel/threads.hpp>
#include <numeric>
#include <vector>

/// The multiply-add peak of this machine, measured: what the kernels' speeds are shares of.
namespace peak {

/// Floating-point operations a second of this thread, which does nothing but multiply-adds on
/// independent registers for about `seconds`.
inline double of_this_thread(double seconds) {
  using Vector = ebm::kernels::RegisterOfBlock<float>::Vector;
  using Clock = std::chrono::steady_clock;
  constexpr int chains = 12;  // more than latency times units, and they fit into 16 registers
  constexpr int rounds = 20'000;
  // What is volatile keeps the work between two looks at the clock.
  volatile float factor = 0.999f;
  volatile float result;
  double total_rounds = 0, elapsed = 0;
  const auto start = Clock::now();
  while (elapsed < seconds) {
    const Vector a(factor), b(1 - factor);
    Vector sum[chains];
    for (int i = 0; i < chains; ++i) sum[i] = Vector(static_cast<float>(i));
    for (int round = 0; round < rounds; ++round) {
      ebm::unroll<chains>([&](auto i) EBM_INLINE_LAMBDA { sum[i] = fma(sum[i], a, b); });
    }
    for (int i = 1; i < chains; ++i) sum[0] += sum[i];
    result = sum_lanes(sum[0]);
    total_rounds += rounds;
    elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  }
  static_cast<void>(result);
  return 2.0 * chains * total_rounds * Vector::size / elapsed;
}

/// 10^9 floating-point operations a second of all of a team's threads at once.
inline double gflops(ebm::Threads& team, double seconds) {
  std::vector<double> each(static_cast<std::size_t>(team.workers()));
  team.for_each(team.workers(), [&](int index, int) {
    each[static_cast<std::size_t>(index)] = of_this_thread(seconds);
  });
  return 1e-9 * std::accumulate(each.begin(), each.end(), 0.0);
}

}  // namespace peak
