// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/abi.hpp>
#include <vector>

/// Who runs independent pieces of work.
namespace ebm::inline EBM_ABI {

namespace detail {
struct AnyTask {
  void operator()(int index, int worker) const;
};
}  // namespace detail

/// Satisfied by types that call `f(index, worker)` once for every index in [0, n), in any order.
///
/// `worker` is in [0, workers()): two calls with the same worker never overlap, so that each worker
/// can own scratch memory. An exception out of `f` comes out of `for_each`, after which no call is
/// running.
template <class E>
concept Executor = requires(E& executor, int n, detail::AnyTask f) {
  { executor.workers() } -> std::same_as<int>;
  executor.for_each(n, f);
};

/// Runs everything on the calling thread, in order of the index.
struct Serial {
  [[nodiscard]] static constexpr int workers() noexcept { return 1; }

  template <class F>
  void for_each(int n, F&& f) const {
    for (int index = 0; index < n; ++index) f(index, 0);
  }
};

static_assert(Executor<Serial>);

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
