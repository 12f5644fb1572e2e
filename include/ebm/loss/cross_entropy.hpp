// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/classifier.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm::inline EBM_ABI {

/// Cross-entropy: the mean of -ln p(y | x) over data x and their classes y, for a `Classifier`.
///
/// No chains are run for it.
class CrossEntropy {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"cross_entropy"};
  static constexpr bool wants_chains = false;

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    const auto x = block.tape.template input<typename E::Input>(block.x);
    const auto logits = energy.logits(x);
    const auto score = log_sum_exp(logits);
    const auto value = score - energy.of_class(logits, x);
    BatchResult result;
    result.loss.total = result.loss.parts[0] = block.share * sum_of_rows(block, value.value());
    result.data_score = block.share * sum_of_rows(block, score.value());
    block.tape.backward(value, in_rows(block, block.share));
    return result;
  }
};

static_assert(Loss<CrossEntropy> && Loss<CrossEntropy, double>);

}  // namespace ebm::inline EBM_ABI
