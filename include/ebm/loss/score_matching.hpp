// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/slopes.hpp>

namespace ebm::inline EBM_ABI {

/// Score matching: the mean over data of the sum over i of (dE/dx_i)^2 / 2 - d^2 E/dx_i^2.
///
/// At its minimum exp(-E) is the density of data. No chains are run and no noise is added; the
/// trace of the second derivatives is exact, at one pass on duals of duals for each feature: for
/// few features. With more, see `SlicedScoreMatching`. Activations with a bend (`Relu`) have no
/// second derivative, so that a network of them shows no curvature: take smooth ones.
/// Source: Hyvarinen, "Estimation of Non-Normalized Statistical Models by Score Matching", 2005,
/// eq. 4, with the score -dE/dx.
class ScoreMatching {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"score_matching"};
  static constexpr bool wants_chains = false, wants_curvatures = true;

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using P = Pack<T>;
    const P share = in_rows(block, block.share);
    P sum(T(0)), value;
    for (int feature = 0; feature < free_size<typename E::Input>; ++feature) {
      const auto along = add_gradient_along_twice(
          energy, *block.of_curvatures, block.x, [=](int i) { return P(T(i == feature)); },
          [&](const auto& at) { return std::array{at.slope * share, -share}; });
      sum += P(T(0.5)) * along.slope * along.slope - along.curvature;
      value = along.energy;
    }
    BatchResult result;
    result.loss.total = result.loss.parts[0] = block.share * sum_of_rows(block, sum);
    result.score_of(block.role) = -block.share * sum_of_rows(block, value);
    return result;
  }
};

static_assert(Loss<ScoreMatching> && Loss<ScoreMatching, double>);

}  // namespace ebm::inline EBM_ABI
