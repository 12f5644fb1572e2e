// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <ebm/autodiff/tape.hpp>
#include <ebm/energy/analytic.hpp>
#include <ebm/random/stream.hpp>
#include <span>
#include <string_view>

/// What a loss is.
namespace ebm::inline EBM_ABI {

/// Where a sample comes from.
enum class Role { data, model };

/// The value of a loss over a batch, and the parts that it names in `part_names`, in that order.
struct LossValue {
  static constexpr int most_parts = 6;

  double total = 0;
  std::array<double, most_parts> parts{};

  LossValue& operator+=(const LossValue& other) {
    total += other.total;
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] += other.parts[i];
    return *this;
  }
  friend LossValue operator*(double factor, LossValue value) {
    value.total *= factor;
    for (double& part : value.parts) part *= factor;
    return value;
  }
};

/// What a batch says of a model.
struct BatchResult {
  LossValue loss;
  double data_score = 0;   ///< mean f of the data
  double model_score = 0;  ///< mean f of the model's samples

  /// The mean score of the samples of a role.
  [[nodiscard]] double& score_of(Role role) {
    return role == Role::data ? data_score : model_score;
  }
  [[nodiscard]] double score_of(Role role) const {
    return role == Role::data ? data_score : model_score;
  }

  BatchResult& operator+=(const BatchResult& other) {
    loss += other.loss;
    data_score += other.data_score;
    model_score += other.model_score;
    return *this;
  }
  friend BatchResult operator*(double factor, const BatchResult& r) {
    return {factor * r.loss, factor * r.data_score, factor * r.model_score};
  }
};

/// What a loss draws for the samples of a batch: sample i has the random numbers of chain
/// `first` + i.
struct SampleDraws {
  Rng rng{};
  std::uint64_t first = 0;
};

/// Tapes for losses of the slopes dE/dx: one for the slopes themselves, and one on which parameter
/// gradients are those of slopes along a direction.
template <class T>
struct SlopeTapes {
  Tape<T, Wrt::inputs> slopes;
  Tape<WithTangent<T>, Wrt::parameters> directions;
};

/// A tape for losses of the curvatures of E, on which parameter gradients are those of second
/// derivatives along a direction.
template <class T>
using CurvatureTape = Tape<WithTangent<WithTangent<T>>, Wrt::parameters>;

/// A block of samples of one role, for a loss to judge.
template <class T>
struct JudgedBlock {
  Tape<T, Wrt::parameters>& tape;  ///< empty; adds d loss / d parameters to its parameter gradient
  const Pack<T>* x;                ///< [row][column][channel]; lanes beyond the last row repeat it
  int rows;                        ///< samples in the block
  Role role;
  std::uint32_t batch;  ///< samples of that role in the batch
  double share;         ///< of each sample in the mean over those of its role
  SampleDraws draws;    ///< of the block's first sample
  // For losses that want them; they add to the same gradient.
  SlopeTapes<T>* of_slopes;
  CurvatureTape<T>* of_curvatures;
};

/// Satisfied by losses that judge a sample by its score f = -E and its role alone.
///
/// `term(score, role)` is the sample's share of the loss; the loss is the mean over the data plus
/// the mean over the model's samples. `slope(score, role)` is d term.total / d score.
template <class L>
concept ScoreLoss = requires(const L& loss, double score, Role role) {
  { loss.term(score, role) } -> std::same_as<LossValue>;
  { loss.slope(score, role) } -> std::same_as<double>;
};

/// Satisfied by losses that judge a block with all that its energy can give.
///
/// `judge(energy, block)` returns the block's share of the loss and of the mean scores, and adds
/// the gradient of that share; `energy` is what `at_block` gives for these rows.
template <class L, class T = float>
concept BlockLoss =
    requires(const L& loss, const Gaussian<2>& energy, const JudgedBlock<T>& block) {
      { loss.judge(energy, block) } -> std::same_as<BatchResult>;
    };

/// Satisfied by what a model is trained on: a `ScoreLoss` or a `BlockLoss`.
///
/// It may have `static constexpr std::array part_names`, of `std::string_view`: reports show the
/// parts of its value by these names. `static constexpr bool wants_chains = false` says that it
/// judges data alone: no chains are run for it. `static constexpr bool wants_data = false` says
/// that it judges chains alone. `static constexpr bool wants_slopes = true` says that it wants
/// `SlopeTapes`, `static constexpr bool wants_curvatures = true` that it wants a `CurvatureTape`.
template <class L, class T = float>
concept Loss = ScoreLoss<L> || BlockLoss<L, T>;

/// The names of the parts of a loss; empty if it has none.
template <class L>
[[nodiscard]] constexpr std::span<const std::string_view> part_names() {
  if constexpr (requires { L::part_names; }) {
    static_assert(L::part_names.size() <= LossValue::most_parts, "a loss has at most 6 parts");
    return L::part_names;
  } else {
    return {};
  }
}

/// Whether a loss judges samples of the model beside data.
template <class L>
[[nodiscard]] constexpr bool wants_chains() {
  if constexpr (requires { L::wants_chains; }) {
    return L::wants_chains;
  } else {
    return true;
  }
}

/// Whether a loss judges data.
template <class L>
[[nodiscard]] constexpr bool wants_data() {
  if constexpr (requires { L::wants_data; }) {
    return L::wants_data;
  } else {
    return true;
  }
}

/// Whether a loss judges samples of this role.
template <class L>
[[nodiscard]] constexpr bool judges(Role role) {
  return role == Role::data ? wants_data<L>() : wants_chains<L>();
}

/// Whether a loss judges slopes.
template <class L>
[[nodiscard]] constexpr bool wants_slopes() {
  if constexpr (requires { L::wants_slopes; }) {
    return L::wants_slopes;
  } else {
    return false;
  }
}

/// Whether a loss judges curvatures.
template <class L>
[[nodiscard]] constexpr bool wants_curvatures() {
  if constexpr (requires { L::wants_curvatures; }) {
    return L::wants_curvatures;
  } else {
    return false;
  }
}

/// The share of `scores` in a batch, and in `slopes` the derivative of it by each of them.
///
/// scores, slopes: [sample], of one role; share: of each sample in the mean over those of its role
template <ScoreLoss L, class T>
BatchResult judge_scores(const L& loss, Role role, double share, std::span<const T> scores,
                         T* slopes) {
  BatchResult result;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double score = static_cast<double>(scores[i]);
    result.loss += share * loss.term(score, role);
    result.score_of(role) += share * score;
    slopes[i] = static_cast<T>(share * loss.slope(score, role));
  }
  return result;
}

}  // namespace ebm::inline EBM_ABI
