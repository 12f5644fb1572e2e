// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/classifier.hpp>
#include <ebm/loss/noise_levels.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm::inline EBM_ABI {

/// Policy of `CrossEntropy`: samples as they are, for an energy that is told of no noise.
struct CleanData {};

/// Cross-entropy: the mean of -ln p(y | x) over data x and their classes y, for a `Classifier`; or
/// that of -ln p(y | x + s z, s) over data with noise of levels s too, for a `NoiseConditional`
/// one.
///
/// No chains are run for it.
///
/// Levels: `CleanData`, or `LogLogisticLevels`
template <class Levels = CleanData>
class CrossEntropy {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"cross_entropy"};
  static constexpr bool wants_chains = false;

  CrossEntropy() = default;
  explicit CrossEntropy(const Levels& levels) : levels_(levels) {}

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    if constexpr (std::same_as<Levels, CleanData>) {
      return judge_at(energy, block, block.x);
    } else {
      const Pack<T> noise = levels_.template draw<T>(block.draws, block.batch);
      const NoisyBlock<T> noisy = with_noise<typename E::Input>(block, noise);
      return judge_at(levels_.energy_at(energy, noise), block, noisy.x);
    }
  }

 private:
  template <class E, class T>
  static BatchResult judge_at(const E& energy, const JudgedBlock<T>& block,
                              const Pack<T>* samples) {
    const auto x = block.tape.template input<typename E::Input>(samples);
    const auto logits = energy.logits(x);
    const auto score = log_sum_exp(logits);
    const auto value = score - logit_of_class(logits, x);
    BatchResult result;
    result.loss.total = result.loss.parts[0] = block.share * sum_of_rows(block, value.value());
    result.data_score = block.share * sum_of_rows(block, score.value());
    block.tape.backward(value, in_rows(block, block.share));
    return result;
  }

  [[no_unique_address]] Levels levels_;
};

static_assert(Loss<CrossEntropy<>> && Loss<CrossEntropy<>, double>);

}  // namespace ebm::inline EBM_ABI
