// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/abi.hpp>

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

}  // namespace ebm::inline EBM_ABI
