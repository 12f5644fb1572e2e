// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/math.hpp>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/sampler/transition.hpp>
#include <utility>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of `power_levels`.
struct PowerLevelsOptions {
  int count = 64;     ///< >= 1
  double high = 10;   ///< the first level, > low
  double low = 0.05;  ///< the last level, > 0
  double power = 5;   ///< > 0; the larger, the more levels are low
};

}  // namespace ebm

/// From noise to samples by a noise-conditional energy, level by level.
namespace ebm::inline EBM_ABI {

/// Noise levels of which the roots are evenly spread:
///
///     s_i = (high^(1/p) + i / (count - 1) (low^(1/p) - high^(1/p)))^p
///
/// result: falls from high to low; high alone if count is 1
/// Throws `InvalidArgument` if an option is out of range.
/// Source: Karras et al. 2022, eq. 5.
[[nodiscard]] inline std::vector<double> power_levels(const PowerLevelsOptions& options = {}) {
  const auto& o = options;
  require(o.count >= 1, "power_levels: count must be >= 1, got ", o.count);
  require(o.low > 0 && o.low < o.high && std::isfinite(o.high),
          "power_levels: expected 0 < low < high, finite, got low ", o.low, " and high ", o.high);
  require(o.power > 0 && std::isfinite(o.power), "power_levels: power must be > 0 and finite, got ",
          o.power);
  // Our own exp and log, since the last bit of std::pow depends on the C library.
  using P = Pack<double, 1>;
  const auto to_power = [](double x, double power) { return exp(log(P(x)) * P(power)).lane(0); };
  const double first = to_power(o.high, 1 / o.power), last = to_power(o.low, 1 / o.power);
  std::vector<double> levels(static_cast<std::size_t>(o.count), o.high);
  for (int i = 1; i + 1 < o.count; ++i) {
    levels[static_cast<std::size_t>(i)] =
        to_power(first + i / static_cast<double>(o.count - 1) * (last - first), o.power);
  }
  if (o.count > 1) levels.back() = o.low;
  return levels;
}

/// A step from level s to level c < s: what stays of the distance to the denoised sample, and the
/// deviation of new noise.
struct LevelStep {
  double kept, noise;
};

/// Policy of `Annealed`: each step draws from the distribution at the next level given where the
/// chain is, and that the denoised sample is right.
///
/// Source: Song et al., "Score-Based Generative Modeling through Stochastic Differential
/// Equations", 2021, appendix F (ancestral sampling of variance-exploding models).
struct Ancestral {
  [[nodiscard]] static LevelStep step(double from, double to) {
    const double ratio = to / from;
    return {ratio * ratio, to * std::sqrt(1 - ratio * ratio)};
  }
};

/// Policy of `Annealed`: Euler steps of the probability-flow equation dx/ds = s dE(x, s)/dx; a
/// chain's end is a function of its start.
///
/// Source: Song et al. 2021, eq. 13; Karras et al. 2022, eq. 1 and alg. 1 without its second
/// derivative.
struct Deterministic {
  [[nodiscard]] static LevelStep step(double from, double to) { return {to / from, 0}; }
};

/// Transition: goes down the noise levels of a noise-conditional energy, a level a step.
///
/// With the denoised sample D = x - s^2 dE(x, s)/dx, step i goes from level s = s_i to c = s_(i+1):
///
///     x <- D + kept(s, c) (x - D) + noise(s, c) z
///
/// After the last level comes 0: that step ends at D, without noise. A run of all steps has
/// `steps()` of them; further ones leave the chain where it is. Chains start at the first level, as
/// from `noise_at_level`. One gradient a step.
///
/// Step: `Ancestral` or `Deterministic`
template <class Step = Ancestral>
class Annealed {
 public:
  /// levels: falling, all > 0
  /// Throws `InvalidArgument` if there is none, or they do not fall.
  explicit Annealed(std::vector<double> levels = power_levels()) : levels_(std::move(levels)) {
    require(!levels_.empty(), "Annealed: at least one level expected");
    double before = levels_.front();
    require(std::isfinite(before), "Annealed: levels must be finite, got ", before);
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      require(levels_[i] > 0 && (i == 0 || levels_[i] < before),
              "Annealed: levels must fall and be > 0, got ", levels_[i], " after ", before);
      before = levels_[i];
    }
  }

  [[nodiscard]] const std::vector<double>& levels() const noexcept { return levels_; }
  /// Steps from the first level to a sample.
  [[nodiscard]] int steps() const noexcept { return static_cast<int>(levels_.size()); }

  /// Where chains start: noise of the first level, see `noise_at_level`.
  template <class E>
  [[nodiscard]] auto starts(const E& energy, Eigen::Index count, Rng rng,
                            std::uint64_t first_chain = 0) const {
    return noise_at_level(energy, levels_.front(), count, rng, first_chain);
  }

  /// Throws `InvalidArgument` if a level is out of range in `T`.
  template <class T>
  void require_options_fit() const {
    require(static_cast<T>(levels_.back()) > 0 && std::isfinite(static_cast<T>(levels_.front())),
            "Annealed: levels from ", levels_.front(), " to ", levels_.back(), " are out of range");
  }

  /// The steps of a block of chains of shape `S`; the energy is one that `at_level` takes.
  template <class S, class T>
  class Walk {
    using P = Pack<T>;
    static constexpr int features = free_size<S>;

   public:
    static constexpr int room = 0;

    Walk(const Annealed& annealed, const ChainBlock<S, T>& block)
        : levels_(&annealed.levels()), block_(block), draws_(block.draws(Purpose::chain_noise)) {}

    template <class E>
    void step(const E& energy, int step, bool) {
      const auto index = static_cast<std::size_t>(step);
      if (index >= levels_->size()) return;
      const double level = (*levels_)[index];
      const bool is_last = index + 1 == levels_->size();
      const LevelStep next = is_last ? LevelStep{0, 0} : Step::step(level, (*levels_)[index + 1]);

      const auto energy_here = at_level(energy, level);
      const P* const gradient = block_.evaluate(energy_here, block_.x).gradient;
      ++evaluations_;
      // D + kept (x - D) = x - (1 - kept) s^2 dE/dx
      const P way(static_cast<T>((1 - next.kept) * level * level));
      const auto move = [&](const P& x, int i) { return fma(-way, gradient[i], x); };
      const auto x = kernels::elements_of(block_.x);
      if (next.noise > 0) {
        const auto anywhere = [](const P& value) { return value; };
        kernels::advance_and_perturb(x, 0, features, move, static_cast<T>(next.noise), draws_,
                                     static_cast<std::uint32_t>(step), anywhere);
      } else {
        kernels::advance(x, 0, features, move);
      }
      block_.held.restore(block_.x);
    }

    [[nodiscard]] ChainReport report(int chains) const {
      return {.gradient_evaluations = evaluations_ * chains};
    }

   private:
    const std::vector<double>* levels_;
    const ChainBlock<S, T>& block_;
    ChainDraws<T> draws_;
    std::int64_t evaluations_ = 0;
  };

 private:
  std::vector<double> levels_;
};

static_assert(Transition<Annealed<>> && Transition<Annealed<Deterministic>, double>);

}  // namespace ebm::inline EBM_ABI
