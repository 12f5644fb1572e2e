// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/math.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/sampler/momentum.hpp>
#include <ebm/sampler/transition.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `Hmc`.
struct HmcOptions {
  double step_size = 0.1;   ///< of a leapfrog step, > 0
  int leapfrog_steps = 10;  ///< of a trajectory, L >= 1: gradient evaluations of a step
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Transition: Hamiltonian Monte Carlo for exp(-E).
///
/// A step draws a momentum p ~ N(0, 1), follows H(x, p) = E(x) + |p|^2 / 2 for L leapfrog steps,
///
///     p <- p - step_size / 2 dE/dx;  x <- x + step_size p;  p <- p - step_size / 2 dE/dx,
///
/// and goes there with probability min(1, exp(H before - H after)), else it stays. The stationary
/// distribution is exp(-E) whatever the step size; the acceptance says whether it is well chosen:
/// 0.65 is best in many dimensions. A trajectory whose energy is not finite is rejected; a chain
/// must start where it is.
/// Source: Neal, "MCMC Using Hamiltonian Dynamics", 2011, section 5.3.2 (unit masses).
class Hmc {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit Hmc(const HmcOptions& options = {}) : options_(options) {
    require(options.step_size > 0 && std::isfinite(options.step_size),
            "Hmc: step_size must be > 0 and finite, got ", options.step_size);
    require(options.leapfrog_steps >= 1, "Hmc: leapfrog_steps must be >= 1, got ",
            options.leapfrog_steps);
  }

  [[nodiscard]] const HmcOptions& options() const noexcept { return options_; }

  /// Throws `InvalidArgument` if the step size is > 0 and finite in double and not in `T`.
  template <class T>
  void require_options_fit() const {
    const T step_size = static_cast<T>(options_.step_size);
    require(step_size > 0 && std::isfinite(step_size),
            "Hmc: step_size is out of range: ", options_.step_size);
  }

  /// The steps of a block of chains of shape `S`.
  template <class S, class T>
  class Walk {
    using P = Pack<T>;

   public:
    static constexpr int room = 3 * S::size;

    Walk(const Hmc& hmc, const ChainBlock<S, T>& block)
        : options_(hmc.options()),
          block_(block),
          momenta_(block.draws(Purpose::chain_noise)),
          acceptance_(block.draws(Purpose::acceptance)) {}

    template <class E>
    void step(const E& energy, int step, bool) {
      if (step == 0) evaluate_start(energy);
      kernels::draw_normal(kernels::elements_of(momentum()), S::size, momenta_,
                           static_cast<std::uint32_t>(step));
      block_.held.clear(momentum());
      const P before = energy_ + kinetic_energy();
      std::copy_n(block_.x, S::size, place());
      const auto end = follow(energy);
      const P gain = before - (end.energy + kinetic_energy());  // NaN: rejected
      const auto u = uniform_open<T>(acceptance_.words(static_cast<std::uint32_t>(step), 0)[0]);
      const auto is_accepted = log(u) < gain;
      for (int i = 0; i < S::size; ++i) {
        block_.x[i] = select(is_accepted, place()[i], block_.x[i]);
        gradient()[i] = select(is_accepted, end.gradient[i], gradient()[i]);
      }
      energy_ = select(is_accepted, end.energy, energy_);
      block_.held.restore(block_.x);
      alignas(P) T accepted[lanes];
      select(is_accepted, P(T(1)), P(T(0))).store(accepted);
      for (int lane = 0; lane < lanes; ++lane) accepted_[lane] += accepted[lane] > 0 ? 1 : 0;
      ++proposals_;
    }

    [[nodiscard]] ChainReport report(int chains) const {
      ChainReport report;
      report.proposals = proposals_ * chains;
      report.gradient_evaluations =
          proposals_ == 0 ? 0 : (proposals_ * options_.leapfrog_steps + 1) * chains;
      for (int lane = 0; lane < chains; ++lane) report.accepted += accepted_[lane];
      return report;
    }

   private:
    using Evaluation = typename ChainBlock<S, T>::Evaluation;

    // What is kept in the block's room, [row][column][channel] each.
    [[nodiscard]] P* gradient() const { return block_.room; }             // at x
    [[nodiscard]] P* momentum() const { return block_.room + S::size; }   // of the trajectory
    [[nodiscard]] P* place() const { return block_.room + 2 * S::size; }  // of the trajectory

    template <class E>
    void evaluate_start(const E& energy) {
      const Evaluation start = evaluate(energy, block_.x);
      energy_ = start.energy;
      std::copy_n(start.gradient, S::size, gradient());
    }

    template <class E>
    [[nodiscard]] Evaluation evaluate(const E& energy, const P* x) const {
      const Evaluation evaluation = block_.evaluate(energy, x);
      block_.held.clear(evaluation.gradient);
      return evaluation;
    }

    /// Moves place and momentum along the trajectory.
    template <class E>
    Evaluation follow(const E& energy) {
      const T size = static_cast<T>(options_.step_size);
      detail::kick(momentum(), gradient(), P(size / 2), S::size);
      Evaluation here{};
      for (int leap = 1; leap <= options_.leapfrog_steps; ++leap) {
        for (int i = 0; i < S::size; ++i) place()[i] = fma(P(size), momentum()[i], place()[i]);
        here = evaluate(energy, place());
        detail::kick(momentum(), here.gradient,
                     P(leap == options_.leapfrog_steps ? size / 2 : size), S::size);
      }
      return here;
    }

    [[nodiscard]] P kinetic_energy() const {
      P sum(T(0));
      for (int i = 0; i < S::size; ++i) sum = fma(momentum()[i], momentum()[i], sum);
      return sum * P(T(0.5));
    }

    const HmcOptions& options_;
    const ChainBlock<S, T>& block_;
    ChainDraws<T> momenta_, acceptance_;
    P energy_ = P(T(0));  // at x
    std::int64_t accepted_[lanes] = {};
    std::int64_t proposals_ = 0;
  };

 private:
  HmcOptions options_;
};

static_assert(Transition<Hmc> && Transition<Hmc, double>);

}  // namespace ebm::inline EBM_ABI
