// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/parallel/executor.hpp>
#include <memory>

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

  /// Makes room for the workers of `executor`: new memory, if these are more than before.
  template <Executor X>
  void prepare(const X& executor) {
    if (executor.workers() <= count_) return;
    count_ = executor.workers();
    slots_ = std::make_unique<Slot[]>(static_cast<std::size_t>(count_));
  }

  [[nodiscard]] Slot& operator[](int worker) { return slots_[static_cast<std::size_t>(worker)]; }

 private:
  std::unique_ptr<Slot[]> slots_;
  int count_ = 0;
};

}  // namespace ebm::inline EBM_ABI
