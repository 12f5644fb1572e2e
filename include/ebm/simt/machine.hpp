// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ebm/kernels/lanes.hpp>
#include <type_traits>

/// What a GPU runs: many threads of one kernel, in blocks of threads that share a little memory.
///
/// A kernel is a plain object with a body for one thread. Nothing in it knows who calls the body: a
/// GPU, or a loop on a CPU, which is how its tests reach each thread.
namespace ebm::inline EBM_ABI::simt {

using kernels::warp_lanes;

/// How many threads there are.
struct Grid {
  int blocks;
  int rows = 1;                  ///< of blocks
  int threads = 4 * warp_lanes;  ///< of a block; whole warps
  std::size_t shared = 0;        ///< bytes that the threads of a block share
};

/// Which of them a thread is.
struct Thread {
  int block;
  int row;
  int index;    ///< in the block
  int threads;  ///< of the block

  [[nodiscard]] EBM_INLINE int lane() const noexcept { return index % warp_lanes; }
  /// Number of the warp within its row of blocks.
  [[nodiscard]] EBM_INLINE std::int64_t warp() const noexcept {
    return std::int64_t{block} * (threads / warp_lanes) + index / warp_lanes;
  }
  /// Number of the thread within its row of blocks.
  [[nodiscard]] EBM_INLINE std::int64_t number() const noexcept {
    return std::int64_t{block} * threads + index;
  }
};

/// Blocks that hold at least `threads` threads.
inline Grid grid_of(std::int64_t threads, int per_block = 4 * warp_lanes) {
  return {.blocks = static_cast<int>((threads + per_block - 1) / per_block), .threads = per_block};
}

/// Satisfied by types that are launched: `grid()` says how many threads, `run(thread)` is the body.
///
/// A kernel is copied bit by bit to where it runs; its pointers are to memory there.
template <class K>
concept Kernel = std::is_trivially_copyable_v<K> && requires(const K& kernel) {
  { kernel.grid() } -> std::same_as<Grid>;
};

/// Satisfied by kernels whose blocks first bring something into shared memory: all threads have
/// returned from `stage(thread, shared)` before the first of the block calls `run(thread, shared)`.
template <class K>
concept StagedKernel =
    Kernel<K> && requires(const K& kernel, const Thread& thread, typename K::value_type* shared) {
      kernel.stage(thread, shared);
      kernel.run(thread, static_cast<const typename K::value_type*>(shared));
    };

/// A warp's share of a grid in which each warp makes one piece of one group of lanes.
struct WarpTask {
  std::int64_t group;
  int piece;
  int lane;

  /// `pieces` of each group, next to each other.
  EBM_INLINE WarpTask(const Thread& thread, int pieces) noexcept
      : group(thread.warp() / pieces),
        piece(static_cast<int>(thread.warp() % pieces)),
        lane(thread.lane()) {}

  /// Number of the lane over all groups.
  [[nodiscard]] EBM_INLINE std::int64_t sample() const noexcept {
    return group * warp_lanes + lane;
  }
  /// Where this thread's lane begins in blocks of `size` elements, [group][element][lane].
  [[nodiscard]] EBM_INLINE std::ptrdiff_t offset(int size) const noexcept {
    return group * size * warp_lanes + lane;
  }
};

/// The grid of those warps.
inline Grid warp_grid(std::int64_t groups, int pieces) {
  return grid_of(groups * pieces * warp_lanes);
}

/// Groups of 32 lanes that hold `count` samples.
constexpr int group_count(std::int64_t count) {
  return static_cast<int>((count + warp_lanes - 1) / warp_lanes);
}

namespace detail {
struct AnyKernel {
  [[nodiscard]] Grid grid() const { return {}; }
  EBM_INLINE void run(const Thread&) const noexcept {}
};
struct AnyLaunches {
  void operator()() const {}
};
}  // namespace detail

/// Satisfied by machines that launch kernels, one after the other, on memory of their own.
///
/// - `M::Array<T>(machine, size, what)` is memory of the machine for `size` trivial objects, all
///   zero, with `data()` and `size()`; `what` is what errors call it. It can be moved, not copied.
/// - `launch(kernel)` runs a kernel after everything asked for before, and may return at once.
/// - `upload(from, count, to)` and `download(from, count, to)` copy to and from the machine, in the
///   same order; they return when `from`, and `to`, may be used. `copy(from, count, to)` stays
///   there.
/// - `M::Recording` keeps launches, and `replay(recording, launches)` makes those of `launches()`,
///   which are the same, on the same memory, each time: so from the second time on it may be
///   without calling it. `launches()` only launches: no memory comes or goes in it, and none is
///   copied. A new recording is empty.
template <class M>
concept Machine = requires(M& machine, typename M::template Array<float>& array, const float* from,
                           float* to, std::size_t size, typename M::Recording& recording) {
  requires std::constructible_from<typename M::template Array<float>, M&, std::size_t, const char*>;
  { array.data() } -> std::same_as<float*>;
  { array.size() } -> std::same_as<std::size_t>;
  machine.launch(detail::AnyKernel{});
  machine.upload(from, size, to);
  machine.download(from, size, to);
  machine.copy(from, size, to);
  machine.replay(recording, detail::AnyLaunches{});
};

}  // namespace ebm::inline EBM_ABI::simt
