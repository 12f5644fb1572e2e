// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/sampler/momentum.hpp>
#include <ebm/sampler/transition.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `UnderdampedLangevin`.
struct UnderdampedLangevinOptions {
  double step_size = 0.1;  ///< of time, h > 0
  double friction = 1;     ///< rate at which momenta are forgotten, > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Transition: Langevin dynamics with momenta, for exp(-E).
///
/// A step is BAOAB: with c = exp(-friction step_size), z ~ N(0, 1),
///
///     p <- p - h/2 dE/dx;  x <- x + h/2 p;  p <- c p + sqrt(1 - c^2) z;
///     x <- x + h/2 p;  p <- p - h/2 dE/dx,
///
/// one gradient a step. Nothing is rejected, so the stationary distribution is off by O(h^2), but
/// for Gaussians, whose x it samples exactly. Chains start with momenta ~ N(0, 1).
/// Source: Leimkuhler & Matthews, "Rational Construction of Stochastic Numerical Methods for
/// Molecular Sampling", 2013, eq. 7 (unit masses and temperature).
class UnderdampedLangevin {
 public:
  /// Throws `InvalidArgument` unless both options are > 0 and finite.
  explicit UnderdampedLangevin(const UnderdampedLangevinOptions& options = {}) : options_(options) {
    require(options.step_size > 0 && std::isfinite(options.step_size),
            "UnderdampedLangevin: step_size must be > 0 and finite, got ", options.step_size);
    require(options.friction > 0 && std::isfinite(options.friction),
            "UnderdampedLangevin: friction must be > 0 and finite, got ", options.friction);
  }

  [[nodiscard]] const UnderdampedLangevinOptions& options() const noexcept { return options_; }

  /// Throws `InvalidArgument` if the step size is > 0 and finite in double and not in `T`.
  template <class T>
  void require_options_fit() const {
    const T step_size = static_cast<T>(options_.step_size);
    require(step_size > 0 && std::isfinite(step_size),
            "UnderdampedLangevin: step_size is out of range: ", options_.step_size);
  }

  /// The steps of a block of chains of shape `S`.
  template <class S, class T>
  class Walk {
    using P = Pack<T>;

   public:
    static constexpr int room = 2 * S::size;

    Walk(const UnderdampedLangevin& langevin, const ChainBlock<S, T>& block)
        : half_step_(static_cast<T>(langevin.options().step_size / 2)),
          thermostat_(langevin.options().friction * langevin.options().step_size),
          block_(block),
          draws_(block.draws(Purpose::chain_noise)) {}

    template <class E>
    void step(const E& energy, int step, bool) {
      const P* const gradient = evaluate(energy);
      if (step == 0) draw(momentum(), 0);
      // The half kick that ends the step before, and the one that begins this: in one.
      detail::kick(momentum(), gradient, step == 0 ? half_step_ : half_step_ + half_step_, S::size);
      draw(noise(), static_cast<std::uint32_t>(step) + 1);
      thermostat_.drift(block_.x, momentum(), noise(), half_step_, S::size);
      block_.held.restore(block_.x);
      ++steps_;
    }

    [[nodiscard]] ChainReport report(int chains) const {
      return {.gradient_evaluations = steps_ * chains};
    }

   private:
    [[nodiscard]] P* momentum() const { return block_.room; }
    [[nodiscard]] P* noise() const { return block_.room + S::size; }

    template <class E>
    [[nodiscard]] const P* evaluate(const E& energy) const {
      P* const gradient = block_.evaluate(energy, block_.x).gradient;
      block_.held.clear(gradient);
      return gradient;
    }

    void draw(P* to, std::uint32_t number) const {
      kernels::draw_normal(kernels::elements_of(to), S::size, draws_, number);
      block_.held.clear(to);
    }

    P half_step_;
    detail::Thermostat<T> thermostat_;
    const ChainBlock<S, T>& block_;
    ChainDraws<T> draws_;
    std::int64_t steps_ = 0;
  };

 private:
  UnderdampedLangevinOptions options_;
};

static_assert(Transition<UnderdampedLangevin> && Transition<UnderdampedLangevin, double>);

}  // namespace ebm::inline EBM_ABI
