// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/parallel/executor.hpp>

namespace ebm::inline EBM_ABI {

/// Runs everything on the calling thread, in order of the index.
struct Serial {
  [[nodiscard]] static constexpr int workers() noexcept { return 1; }

  template <class F>
  void for_each(int n, F&& f) const {
    for (int index = 0; index < n; ++index) f(index, 0);
  }
};

static_assert(Executor<Serial>);

}  // namespace ebm::inline EBM_ABI
