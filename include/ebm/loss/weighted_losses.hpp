// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/loss/judge.hpp>
#include <tuple>
#include <utility>

/// Losses made of losses: `ContrastiveDivergence() + 0.1 * R1()`, which is
/// `WeightedLosses({1.0, 0.1}, ContrastiveDivergence(), R1())`.
namespace ebm::inline EBM_ABI {

namespace detail {

/// The names of the parts of some losses, one loss after the other.
template <class... L>
constexpr auto joined_part_names() {
  constexpr std::size_t count = (part_names<L>().size() + ... + 0);
  std::array<std::string_view, count> names{};
  auto next = names.begin();
  ((next = std::copy(part_names<L>().begin(), part_names<L>().end(), next)), ...);
  return names;
}

template <std::size_t Count>
constexpr bool all_differ(const std::array<std::string_view, Count>& names) {
  for (std::size_t i = 0; i < Count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}

}  // namespace detail

/// The sum over k of weight_k loss_k.
///
/// Each loss judges the samples that it would judge alone. Parts are those of the losses, times
/// their weights, so that they add up as before; mean scores are those of the first loss that
/// judges the role. Losses of one kind in a sum draw the same random numbers. A sum of score losses
/// is one itself, for which a block is computed once.
template <class... L>
class WeightedLosses {
 public:
  static constexpr auto part_names = detail::joined_part_names<L...>();
  static constexpr bool wants_data = (ebm::wants_data<L>() || ...),
                        wants_chains = (ebm::wants_chains<L>() || ...),
                        wants_slopes = (ebm::wants_slopes<L>() || ...),
                        wants_curvatures = (ebm::wants_curvatures<L>() || ...);

 private:
  static_assert(part_names.size() <= LossValue::most_parts,
                "losses that are added have more than 6 parts together; a loss has at most 6: add "
                "fewer losses, or some without part_names");
  static_assert(detail::all_differ(part_names),
                "two of the losses that are added have a part of the same name; reports would show "
                "one of them alone");
  static constexpr bool is_score_loss = (ScoreLoss<L> && ...);

 public:
  using Weights = std::array<double, sizeof...(L)>;

  /// Throws `InvalidArgument` unless all weights are > 0 and finite.
  explicit WeightedLosses(const Weights& weights, L... losses)
      : weights_(weights), losses_(std::move(losses)...) {
    for (const double weight : weights) {
      require(weight > 0 && std::isfinite(weight),
              "WeightedLosses: weights must be > 0 and finite, got ", weight);
    }
  }

  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  [[nodiscard]] const std::tuple<L...>& losses() const noexcept { return losses_; }

  /// See `ScoreLoss`.
  [[nodiscard]] LossValue term(double score, Role role) const
    requires is_score_loss
  {
    LossValue sum;
    for_each(role, [&](const auto& loss, double weight, std::size_t first) {
      add(weight * loss.term(score, role), sum, first);
    });
    return sum;
  }
  [[nodiscard]] double slope(double score, Role role) const
    requires is_score_loss
  {
    double sum = 0;
    for_each(role, [&](const auto& loss, double weight, std::size_t) {
      sum += weight * loss.slope(score, role);
    });
    return sum;
  }

  /// See `BlockLoss`.
  template <class E, class T>
    requires(!is_score_loss)
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    BatchResult sum;
    bool is_first = true;
    for_each(block.role, [&](const auto& loss, double weight, std::size_t first) {
      JudgedBlock<T> weighted = block;
      weighted.share *= weight;
      const BatchResult result = ebm::judge(loss, energy, weighted);
      add(result.loss, sum.loss, first);
      if (is_first) sum.score_of(block.role) = result.score_of(block.role) / weight;
      is_first = false;
    });
    return sum;
  }

 private:
  /// Calls `f(loss, weight, its first part)` for the losses that judge samples of this role.
  template <class F>
  void for_each(Role role, const F& f) const {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      std::size_t first = 0;
      const auto call = [&]<class Each>(const Each& loss, double weight) {
        if (judges<Each>(role)) f(loss, weight, first);
        first += ebm::part_names<Each>().size();
      };
      (call(std::get<K>(losses_), weights_[K]), ...);
    }(std::index_sequence_for<L...>{});
  }

  /// Adds the value of a loss whose parts are those of the sum from `first` on.
  static void add(const LossValue& value, LossValue& sum, std::size_t first) {
    sum.total += value.total;
    for (std::size_t i = first; i < part_names.size(); ++i) sum.parts[i] += value.parts[i - first];
  }

  Weights weights_;
  std::tuple<L...> losses_;
};

namespace detail {

template <class L>
concept AnyLoss = std::is_class_v<L> && (Loss<L, float> || Loss<L, double>);

/// A loss as a sum of one, of weight 1.
template <class L>
WeightedLosses<L> as_sum(L loss) {
  return WeightedLosses<L>({1.0}, std::move(loss));
}
template <class... L>
WeightedLosses<L...> as_sum(WeightedLosses<L...> sum) {
  return sum;
}

template <class... A, class... B>
WeightedLosses<A..., B...> join(const WeightedLosses<A...>& a, const WeightedLosses<B...>& b) {
  typename WeightedLosses<A..., B...>::Weights weights;
  std::copy(b.weights().begin(), b.weights().end(),
            std::copy(a.weights().begin(), a.weights().end(), weights.begin()));
  return std::apply(
      [&](const auto&... losses) { return WeightedLosses<A..., B...>(weights, losses...); },
      std::tuple_cat(a.losses(), b.losses()));
}

template <class... L>
WeightedLosses<L...> scaled(double factor, const WeightedLosses<L...>& sum) {
  auto weights = sum.weights();
  for (double& weight : weights) weight *= factor;
  return std::apply([&](const auto&... losses) { return WeightedLosses<L...>(weights, losses...); },
                    sum.losses());
}

}  // namespace detail

/// `WeightedLosses` of two losses, or of one loss and its weight.
///
/// Both throw `InvalidArgument` unless all weights are > 0 and finite.
/// @{
template <detail::AnyLoss A, detail::AnyLoss B>
[[nodiscard]] auto operator+(A a, B b) {
  return detail::join(detail::as_sum(std::move(a)), detail::as_sum(std::move(b)));
}
template <detail::AnyLoss L>
[[nodiscard]] auto operator*(double weight, L loss) {
  return detail::scaled(weight, detail::as_sum(std::move(loss)));
}
/// @}

}  // namespace ebm::inline EBM_ABI
