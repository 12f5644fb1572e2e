// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/simt/grid.hpp>

/// What threads do element by element, one lane each.
namespace ebm::inline EBM_ABI::simt {

/// epilogue(rule(x, i)) for each element i of the output.
///
/// Rule: `rule(kernels::Elements, int)` gives an element of the output; sizes are elements a lane
template <class T, class Rule, class Epilogue, int InputSize, int OutputSize>
struct ForEachElement {
  const T* in;  ///< [group][element][lane]
  Rule rule;
  Epilogue epilogue;
  int groups;

  [[nodiscard]] Grid grid() const { return warp_grid(groups, OutputSize); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    using L = kernels::OneThread<T>;
    const WarpTask task(thread, OutputSize);
    if (task.group >= groups) return;
    const kernels::Elements<L, const T> x{in + task.offset(InputSize)};
    epilogue.at(task.offset(OutputSize))(rule(x, task.piece), task.piece * warp_lanes);
  }
};

}  // namespace ebm::inline EBM_ABI::simt
