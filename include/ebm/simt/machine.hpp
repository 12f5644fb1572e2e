// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <ebm/simt/grid.hpp>

/// What a machine of threads is, such as a GPU.
namespace ebm::inline EBM_ABI::simt {

namespace detail {
struct AnyKernel {
  [[nodiscard]] Grid grid() const { return {}; }
  EBM_INLINE void run(const Thread&) const noexcept {}
};
struct AnyLaunches {
  void operator()() const {}
};
}  // namespace detail

/// Satisfied by machines that launch kernels, one behind the other, on memory of their own.
///
/// - `M::Array<T>(machine, size, what)` is memory of the machine for `size` trivial objects, all
///   zero, with `data()` and `size()`; `what` is what errors call it. It can be moved, not copied.
/// - `launch(kernel)` runs a kernel behind everything asked for before, and may return at once.
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
