// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/abi.hpp>

/// What a loss is.
namespace ebm::inline EBM_ABI {

/// Where a sample comes from.
enum class Role { data, model };

/// The value of a loss over a batch, and its parts.
struct LossValue {
  double total = 0;
  double regularizer = 0;
  double contrastive_divergence = 0;

  LossValue& operator+=(const LossValue& other) {
    total += other.total;
    regularizer += other.regularizer;
    contrastive_divergence += other.contrastive_divergence;
    return *this;
  }
  friend LossValue operator*(double factor, const LossValue& v) {
    return {factor * v.total, factor * v.regularizer, factor * v.contrastive_divergence};
  }
};

/// Satisfied by types that judge a sample by its score f = -E and its role.
///
/// `term(score, role)` is the sample's share of the loss; the loss is the mean over the data plus
/// the mean over the model's samples. `slope(score, role)` is d term.total / d score.
template <class L>
concept Loss = requires(const L& loss, double score, Role role) {
  { loss.term(score, role) } -> std::same_as<LossValue>;
  { loss.slope(score, role) } -> std::same_as<double>;
};

}  // namespace ebm::inline EBM_ABI
