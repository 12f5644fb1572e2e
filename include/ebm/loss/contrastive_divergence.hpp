// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/loss/loss.hpp>

namespace ebm {  // the same for every instruction set

/// Options of contrastive divergence.
struct ContrastiveDivergenceOptions {
  double alpha = 0.1;  ///< weight of the regulariser, >= 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Regulariser: alpha f^2, which keeps scores near zero.
///
/// Source: Du & Mordatch 2019, section 3.3 (alpha (E(x+)^2 + E(x-)^2)).
struct SquaredScores {
  [[nodiscard]] static double value(double alpha, double score) { return alpha * score * score; }
  [[nodiscard]] static double slope(double alpha, double score) { return 2 * alpha * score; }
};

/// Regulariser: none.
struct NoRegularizer {
  [[nodiscard]] static double value(double, double) { return 0; }
  [[nodiscard]] static double slope(double, double) { return 0; }
};

/// Contrastive divergence: mean f(model) - mean f(data), plus a regulariser of both.
///
/// Its gradient raises the scores of data (lowers their energy) and lowers those of the model's own
/// samples. Samples are data here: no gradient flows through the sampler.
/// Source: Hinton, "Training Products of Experts by Minimizing Contrastive Divergence", 2002, eq.
/// 5; Du & Mordatch 2019, eq. 2 and alg. 1.
template <class Regularizer = SquaredScores>
class ContrastiveDivergence {
 public:
  static constexpr std::array<std::string_view, 2> part_names{"regularization",
                                                              "contrastive_divergence"};

  /// Throws `InvalidArgument` unless alpha is >= 0 and finite.
  explicit ContrastiveDivergence(const ContrastiveDivergenceOptions& options = {})
      : options_(options) {
    require(options.alpha >= 0 && std::isfinite(options.alpha),
            "ContrastiveDivergence: alpha must be >= 0 and finite, got ", options.alpha);
  }

  [[nodiscard]] const ContrastiveDivergenceOptions& options() const noexcept { return options_; }

  [[nodiscard]] LossValue term(double score, Role role) const {
    const double regularization = Regularizer::value(options_.alpha, score);
    const double divergence = role == Role::data ? -score : score;
    return {regularization + divergence, {regularization, divergence}};
  }

  [[nodiscard]] double slope(double score, Role role) const {
    return Regularizer::slope(options_.alpha, score) + (role == Role::data ? -1 : 1);
  }

 private:
  ContrastiveDivergenceOptions options_;
};

static_assert(Loss<ContrastiveDivergence<>>);

}  // namespace ebm::inline EBM_ABI
