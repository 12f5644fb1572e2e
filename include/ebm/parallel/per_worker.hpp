// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/parallel/executor.hpp>
#include <vector>

namespace ebm::inline EBM_ABI {

/// Scratch memory of its own for each worker of an executor, such as a tape: kept from one
/// `for_each` to the next, so that warm rounds allocate nothing.
template <class Slot>
class PerWorker {
 public:
  PerWorker() = default;
  /// Room for the workers of `executor`.
  template <Executor X>
  explicit PerWorker(const X& executor) {
    prepare(executor);
  }

  /// Makes room for the workers of `executor`; what is there stays.
  template <Executor X>
  void prepare(const X& executor) {
    const auto workers = static_cast<std::size_t>(executor.workers());
    if (slots_.size() < workers) slots_.resize(workers);
  }

  [[nodiscard]] Slot& operator[](int worker) { return slots_[static_cast<std::size_t>(worker)]; }

 private:
  std::vector<Slot> slots_;
};

}  // namespace ebm::inline EBM_ABI
