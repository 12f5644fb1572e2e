// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `GradientPenalty`.
struct GradientPenaltyOptions {
  double weight = 10;  ///< factor of the penalty, > 0
  double target = 1;   ///< norm without a penalty, >= 0; for `NormPenalty`
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// What a sample pays for its slopes, and the factor of g in the penalty's derivative by g.
template <class T>
struct SlopePenalty {
  Pack<T> value, factor;
};

/// Penalty: (|g| - target)^2 for the slopes g = dE/dx; its derivative at g = 0 counts as 0.
///
/// Source: Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville, "Improved Training of Wasserstein
/// GANs", 2017, eq. 3.
struct NormPenalty {
  template <class T>
  static SlopePenalty<T> of(const GradientPenaltyOptions& options, const Pack<T>& squares) {
    const Pack<T> zero(T(0)), norm = sqrt(squares);
    const Pack<T> rest = norm - Pack<T>(static_cast<T>(options.target));
    return {rest * rest, select(norm > zero, (rest + rest) / norm, zero)};
  }
};

/// Penalty: |g|^2 / 2 for the slopes g = dE/dx.
///
/// Source: Mescheder, Geiger, Nowozin, "Which Training Methods for GANs do actually Converge?",
/// 2018, eq. 9 (R1, on data; R2 is the same on the model's samples).
struct SquaredNormPenalty {
  template <class T>
  static SlopePenalty<T> of(const GradientPenaltyOptions&, const Pack<T>& squares) {
    return {Pack<T>(T(0.5)) * squares, Pack<T>(T(1))};
  }
};

/// Samples that pay: data.
struct OnData {
  static constexpr bool data = true, model = false;
};
/// Samples that pay: the model's.
struct OnModel {
  static constexpr bool data = false, model = true;
};
/// Samples that pay: data and the model's.
struct OnBoth {
  static constexpr bool data = true, model = true;
};

/// Gradient penalty: weight times the mean of a penalty of the slopes dE/dx at data, at the model's
/// samples, or the sum of both means. A part of other losses, which it keeps from growing steep.
///
/// Gulrajani et al. take slopes at points between data and samples; a block has samples of one role
/// alone, so here they are taken at the samples themselves.
template <class Penalty = NormPenalty, class Where = OnBoth>
class GradientPenalty {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"gradient_penalty"};
  static constexpr bool wants_data = Where::data, wants_chains = Where::model, wants_slopes = true;

  /// Throws `InvalidArgument` unless weight is > 0 and target >= 0, both finite.
  explicit GradientPenalty(const GradientPenaltyOptions& options = {}) : options_(options) {
    require(options.weight > 0 && std::isfinite(options.weight),
            "GradientPenalty: weight must be > 0 and finite, got ", options.weight);
    require(options.target >= 0 && std::isfinite(options.target),
            "GradientPenalty: target must be >= 0 and finite, got ", options.target);
  }

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    const auto at_x = block_slopes(energy, block.of_slopes->slopes, block.x);
    const auto penalty = Penalty::of(options_, at_x.squares(free_size<typename E::Input>));
    const double share = block.share * options_.weight;
    add_gradient_along(
        energy, block.of_slopes->directions, block.x, [&](int i) { return at_x.slopes[i]; },
        penalty.factor * in_rows(block, share));

    BatchResult result;
    result.loss.total = result.loss.parts[0] = share * sum_of_rows(block, penalty.value);
    result.score_of(block.role) = -block.share * sum_of_rows(block, at_x.energy);
    return result;
  }

 private:
  GradientPenaltyOptions options_;
};

/// The penalty R1 of Mescheder et al. 2018: |dE/dx|^2 / 2 at data.
using R1 = GradientPenalty<SquaredNormPenalty, OnData>;
/// The penalty R2 of Mescheder et al. 2018: |dE/dx|^2 / 2 at the model's samples.
using R2 = GradientPenalty<SquaredNormPenalty, OnModel>;

static_assert(Loss<GradientPenalty<>> && Loss<R1, double>);

}  // namespace ebm::inline EBM_ABI
