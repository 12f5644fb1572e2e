// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <ebm/kernels/correlate.hpp>
#include <ebm/parallel/threads.hpp>
#include <vector>

/// The multiply-add peak of this machine, measured: what the kernels' speeds are shares of.
namespace peak {

/// 10^9 floating-point operations a second of one thread that does nothing but multiply-adds on
/// independent registers.
inline double one_thread() {
  using Vector = ebm::kernels::Vector<float>;
  constexpr int chains = 12;  // more than latency times units, and they fit into 16 registers
  constexpr int rounds = 1'000'000;
  // What is volatile keeps the work between the two looks at the clock.
  volatile float factor = 0.999f;
  volatile float result;
  const auto start = std::chrono::steady_clock::now();
  const Vector a(factor), b(1 - factor);
  Vector sum[chains];
  for (int i = 0; i < chains; ++i) sum[i] = Vector(static_cast<float>(i));
  for (int round = 0; round < rounds; ++round) {
    ebm::unroll<chains>([&](auto i) EBM_INLINE_LAMBDA { sum[i] = fma(sum[i], a, b); });
  }
  for (int i = 1; i < chains; ++i) sum[0] += sum[i];
  result = sum_lanes(sum[0]);
  const auto stop = std::chrono::steady_clock::now();
  static_cast<void>(result);
  return 2e-9 * chains * rounds * Vector::size /
         std::chrono::duration<double>(stop - start).count();
}

/// The same on `threads` threads at once: the best of some tries.
inline double gflops(int threads) {
  ebm::Threads team(threads);
  std::vector<double> each(static_cast<std::size_t>(threads));
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    team.for_each(threads,
                  [&](int index, int) { each[static_cast<std::size_t>(index)] = one_thread(); });
    double total = 0;
    for (const double value : each) total += value;
    best = std::max(best, total);
  }
  return best;
}

}  // namespace peak
