// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/simt/machine.hpp>
#include <limits>
#include <span>
#include <utility>
#include <vector>

/// Calls body(thread) for each thread of a kernel, block by block, with the blocks' shared memory
/// filled before.
template <class K, class F>
void for_each_thread(const K& kernel, const F& body) {
  const ebm::simt::Grid grid = kernel.grid();
  for (int row = 0; row < grid.rows; ++row) {
    for (int block = 0; block < grid.blocks; ++block) {
      const auto each = [&](const auto& f) {
        for (int index = 0; index < grid.threads; ++index) {
          f(ebm::simt::Thread{block, row, index, grid.threads});
        }
      };
      if constexpr (ebm::simt::StagedKernel<K>) {
        std::vector<typename K::value_type> shared(grid.shared / sizeof(typename K::value_type));
        each([&](const auto& thread) { kernel.stage(thread, shared.data()); });
        each([&](const auto& thread) {
          body([&] { kernel.run(thread, std::as_const(shared).data()); });
        });
      } else {
        each([&](const auto& thread) { body([&] { kernel.run(thread); }); });
      }
    }
  }
}

/// How many threads of a kernel change each element of `out`, which every thread finds as it is.
template <class T, class K>
[[nodiscard]] std::vector<int> thread_writes(const K& kernel, std::span<T> out) {
  const std::vector<T> before(out.begin(), out.end());
  std::vector<int> writes(out.size());
  for_each_thread(kernel, [&](const auto& run) {
    run();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] != before[i]) {
        ++writes[i];
        out[i] = before[i];
      }
    }
  });
  return writes;
}
