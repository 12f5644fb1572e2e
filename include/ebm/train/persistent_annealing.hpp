// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/noise_levels.hpp>
#include <ebm/loss/slopes.hpp>
#include <ebm/sampler/annealed.hpp>
#include <ebm/sampler/momentum.hpp>
#include <ebm/sampler/starts.hpp>
#include <ebm/sampler/transition.hpp>
#include <utility>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of `PersistentAnnealing`.
struct PersistentAnnealingOptions {
  std::vector<double> levels;  ///< of a chain's way down, falling, at least two, all > 0
  int stay = 64;               ///< iterations of a chain at the last level, >= 0
  int steps = 10;              ///< Langevin steps of an iteration there, >= 1
  double step_size = 0.6;      ///< of those, of time, in units of the last level; in (0, 2)
  double friction = 0.3;       ///< of those, in units of 1 / level, > 0
  int batch = 64;              ///< chains of an iteration: that of the recipe; >= 1
  double mean = 0;             ///< of the data's features
  double deviation = 1;        ///< of the data's features, > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Chains that live through a training of a noise-conditional energy: each begins as noise, goes
/// down the levels, a level an iteration, stays at the last one by Langevin dynamics, and begins
/// anew. At any time the chains of a batch are spread over such a life, so that each iteration has
/// some at every level for `LevelDivergence` to compare with data.
///
/// Where a chain is in its life follows from its number alone: chain c = iteration * batch + row
/// is at age (floor(row L / batch) + iteration) mod L, L = levels - 1 + stay. At age a it
/// makes the step of `Annealed` from level a to level a + 1; when it has come to the last level s
/// it makes the steps of `UnderdampedLangevin` for exp(-E(x, s)) instead, with momenta drawn anew
/// in each iteration. These are exact where E is quadratic, as it nearly is across the data: the
/// bias of a plain Langevin step would teach an energy that makes up for it. In the first iteration
/// chains in the middle of their life begin as data with noise of their level.
///
/// A recipe has all of it: `PersistentAnnealingSampler(a)` with `a.steps()`,
/// `PersistentAnnealingStarts(a)`, and a loss with `LevelDivergence(a)`.
///
/// Source: Zhang, Tan, Ou, "Persistently Trained, Diffusion-assisted Energy-based Models", 2023
/// (persistent chains over noise levels), there with other moves between levels.
class PersistentAnnealing {
 public:
  /// Throws `InvalidArgument` if an option is out of range.
  explicit PersistentAnnealing(PersistentAnnealingOptions options) : options_(std::move(options)) {
    const auto& o = options_;
    require(o.levels.size() >= 2, "PersistentAnnealing: at least two levels expected, got ",
            o.levels.size());
    static_cast<void>(Annealed<>(o.levels));  // which throws unless they fall
    require(o.stay >= 0, "PersistentAnnealing: stay must be >= 0, got ", o.stay);
    require(o.steps >= 1, "PersistentAnnealing: steps must be >= 1, got ", o.steps);
    require(o.step_size > 0 && o.step_size < 2,
            "PersistentAnnealing: step_size must be in (0, 2), got ", o.step_size);
    require(o.friction > 0 && std::isfinite(o.friction),
            "PersistentAnnealing: friction must be > 0 and finite, got ", o.friction);
    require(o.batch >= 1, "PersistentAnnealing: batch must be >= 1, got ", o.batch);
    require(std::isfinite(o.mean), "PersistentAnnealing: mean must be finite, got ", o.mean);
    require(o.deviation > 0 && std::isfinite(o.deviation),
            "PersistentAnnealing: deviation must be > 0 and finite, got ", o.deviation);
  }

  [[nodiscard]] const PersistentAnnealingOptions& options() const noexcept { return options_; }
  /// Of a recipe with these chains.
  [[nodiscard]] int steps() const noexcept { return options_.steps; }
  /// Iterations from a chain's beginning to its end.
  [[nodiscard]] int life() const noexcept { return last() + options_.stay; }

  /// Iterations that chain number `chain` has lived before this one.
  [[nodiscard]] int age(std::uint64_t chain) const noexcept {
    const auto batch = static_cast<std::uint64_t>(options_.batch),
               life = static_cast<std::uint64_t>(this->life());
    return static_cast<int>((chain % batch * life / batch + chain / batch) % life);
  }
  /// The level at which a chain of that age is, before its iteration.
  [[nodiscard]] double level_before(int age) const { return level(std::min(age, last())); }
  /// The level at which it is afterwards.
  [[nodiscard]] double level_after(int age) const { return level(std::min(age + 1, last())); }
  /// Whether a chain of that age has come to the last level.
  [[nodiscard]] bool stays(int age) const noexcept { return age >= last(); }

 private:
  [[nodiscard]] int last() const noexcept { return static_cast<int>(options_.levels.size()) - 1; }
  [[nodiscard]] double level(int index) const {
    return options_.levels[static_cast<std::size_t>(index)];
  }

  PersistentAnnealingOptions options_;
};

/// Transition: that of persistent chains over levels; the recipe has `steps` of the annealing.
class PersistentAnnealingSampler {
 public:
  explicit PersistentAnnealingSampler(const PersistentAnnealing& annealing)
      : annealing_(annealing) {}

  /// Throws `InvalidArgument` if a level is out of range in `T`.
  template <class T>
  void require_options_fit() const {
    Annealed<>(annealing_.options().levels).require_options_fit<T>();
  }

  template <class S, class T>
  class Walk {
    using P = Pack<T>;
    static constexpr int features = free_size<S>;

   public:
    static constexpr int room = 2 * features;

    Walk(const PersistentAnnealingSampler& sampler, const ChainBlock<S, T>& block)
        : annealing_(&sampler.annealing_),
          block_(block),
          draws_(block.draws(Purpose::chain_noise)),
          thermostat_(sampler.annealing_.options().friction *
                      sampler.annealing_.options().step_size) {
      const auto& o = annealing_->options();
      for (int lane = 0; lane < lanes; ++lane) {
        const int age = annealing_->age(block_.first_chain + static_cast<std::uint64_t>(lane));
        const double level = annealing_->level_before(age);
        levels_[lane] = static_cast<T>(level);
        const bool stays = annealing_->stays(age);
        any_stays_ = any_stays_ || stays;
        half_steps_[lane] = stays ? static_cast<T>(o.step_size * level / 2) : T(0);
        if (stays) continue;
        const LevelStep next = Ancestral::step(level, annealing_->level_after(age));
        ways_[lane] = static_cast<T>((1 - next.kept) * level * level);
        noises_[lane] = static_cast<T>(next.noise);
      }
    }

    template <class E>
    void step(const E& energy, int step, bool) {
      if (step > 0 && !any_stays_) return;
      const auto energy_here = at_level(energy, P::load(levels_));
      const P* const gradient = block_.evaluate(energy_here, block_.x).gradient;
      ++evaluations_;
      const P half_step = P::load(half_steps_);
      if (step == 0) {
        // One draw: a chain uses it to go down a level, or as its momentum.
        draw(momentum(), 0);
        const P way = P::load(ways_), noise = P::load(noises_);
        for (int i = 0; i < features; ++i) {
          block_.x[i] = fma(noise, momentum()[i], fma(-way, gradient[i], block_.x[i]));
        }
      }
      if (any_stays_) {
        // The half kick that ends the step before, and the one that begins this: in one.
        detail::kick(momentum(), gradient, step == 0 ? half_step : half_step + half_step, features);
        draw(noise(), static_cast<std::uint32_t>(step) + 1);
        thermostat_.drift(block_.x, momentum(), noise(), half_step, features);
      }
      block_.held.restore(block_.x);
    }

    [[nodiscard]] ChainReport report(int chains) const {
      return {.gradient_evaluations = evaluations_ * chains};
    }

   private:
    [[nodiscard]] P* momentum() const { return block_.room; }
    [[nodiscard]] P* noise() const { return block_.room + features; }

    void draw(P* to, std::uint32_t number) const {
      kernels::draw_normal(kernels::elements_of(to), features, draws_, number);
    }

    const PersistentAnnealing* annealing_;
    const ChainBlock<S, T>& block_;
    ChainDraws<T> draws_;
    alignas(P) T levels_[lanes] = {},
                 half_steps_[lanes] = {}, ways_[lanes] = {}, noises_[lanes] = {};
    detail::Thermostat<T> thermostat_;
    bool any_stays_ = false;
    std::int64_t evaluations_ = 0;
  };

 private:
  PersistentAnnealing annealing_;
};

/// Starts: those of persistent chains over levels.
class PersistentAnnealingStarts {
 public:
  explicit PersistentAnnealingStarts(const PersistentAnnealing& annealing)
      : annealing_(annealing) {}

  template <class T>
  class Chains : public detail::LivingChains<T> {
   public:
    Chains(const PersistentAnnealing& annealing, int features, int conditions)
        : detail::LivingChains<T>(annealing.options().batch, features),
          annealing_(annealing),
          conditions_(conditions) {}

    void begin(SamplesRef<T> chains, const ConstSamplesRef<T>& data, Rng rng,
               std::uint64_t iteration) {
      const auto& o = annealing_.options();
      const Eigen::Index free = chains.cols() - conditions_;
      for (Eigen::Index row = 0; row < chains.rows(); ++row) {
        const std::uint64_t chain =
            iteration * static_cast<std::uint64_t>(o.batch) + static_cast<std::uint64_t>(row);
        const int age = annealing_.age(chain);
        if (has_begun_ && age > 0) {
          copy_sample(chains_, row, chains, row);
          continue;
        }
        copy_sample(data, row, chains, row);
        const double level = annealing_.level_before(age);
        const bool is_new = age == 0;
        if (is_new) chains.row(row).head(free).setConstant(static_cast<T>(o.mean));
        const double deviation =
            is_new ? std::sqrt(level * level + o.deviation * o.deviation) : level;
        add_normal<T>(sample_of(chains, row).first(static_cast<std::size_t>(free)), deviation,
                      {rng.stream(Purpose::fresh_chains), chain});
      }
      has_begun_ = true;
    }

   private:
    using detail::LivingChains<T>::chains_;
    using detail::LivingChains<T>::has_begun_;
    PersistentAnnealing annealing_;
    int conditions_;
  };

  /// Throws `InvalidArgument` if the recipe has batches of another size.
  template <class T>
  [[nodiscard]] Chains<T> for_chains(int batch, int features, int conditions) const {
    require(batch == annealing_.options().batch, "PersistentAnnealing: its batch is ",
            annealing_.options().batch, ", that of the recipe is ", batch);
    return {annealing_, features, conditions};
  }

 private:
  PersistentAnnealing annealing_;
};

/// Contrastive divergence at all levels: the mean of E(x + s z, s) over data x, less the mean of
/// E(y, s) over the chains y, each at the level s at which the chain of its row has come.
///
/// Without chains of all levels an energy is right along the noise that data get, and anything
/// elsewhere; chains find the rest. Beside denoising score matching a small weight is enough.
class LevelDivergence {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"level_divergence"};

  explicit LevelDivergence(const PersistentAnnealing& annealing) : annealing_(annealing) {}

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using S = typename E::Input;
    using P = Pack<T>;
    alignas(P) T levels[lanes];
    for (int lane = 0; lane < lanes; ++lane) {
      const auto chain = block.draws.first + static_cast<std::uint64_t>(lane);
      levels[lane] = static_cast<T>(annealing_.level_after(annealing_.age(chain)));
    }
    const P level = P::load(levels);
    const P* x = block.x;
    if (block.role == Role::data) x = with_noise<S>(block, level, Purpose::contrast).x;
    const auto value = at_level(energy, level)(block.tape.template input<S>(x));
    const double share = block.role == Role::data ? block.share : -block.share;
    const double sum = sum_of_rows(block, value.value());
    block.tape.backward(value, in_rows(block, share));

    BatchResult result;
    result.loss.total = result.loss.parts[0] = share * sum;
    result.score_of(block.role) = -block.share * sum;
    return result;
  }

 private:
  PersistentAnnealing annealing_;
};

static_assert(Transition<PersistentAnnealingSampler> &&
              StartPolicy<PersistentAnnealingStarts, double> && Loss<LevelDivergence>);

}  // namespace ebm::inline EBM_ABI
