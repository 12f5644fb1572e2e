// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/loss.hpp>

namespace ebm::inline EBM_ABI {

/// What a loss makes of a block: its share of the result; its gradient is added on the tapes.
///
/// Nothing for a block of a role that the loss does not judge.
template <class L, class E, class T>
  requires Loss<L, T>
BatchResult judge(const L& loss, const E& energy, const JudgedBlock<T>& block) {
  if (!judges<L>(block.role)) return {};
  block.tape.clear();
  if constexpr (BlockLoss<L, T>) {
    return loss.judge(energy, block);
  } else {
    const auto value = energy(block.tape.template input<typename E::Input>(block.x));
    alignas(Pack<T>) T scores[lanes], slopes[lanes] = {};
    (-value.value()).store(scores);
    const BatchResult result =
        judge_scores(loss, block.role, block.share,
                     std::span<const T>(scores, static_cast<std::size_t>(block.rows)), slopes);
    block.tape.backward(value, -Pack<T>::load(slopes));  // f = -E
    return result;
  }
}

}  // namespace ebm::inline EBM_ABI
