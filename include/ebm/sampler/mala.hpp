// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/sampler/hmc.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `Mala`.
struct MalaOptions {
  double step_size = 0.01;  ///< factor of the gradient, > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Transition: the Metropolis-adjusted Langevin algorithm for exp(-E).
///
/// A step proposes x' = x - step_size dE(x)/dx + sqrt(2 step_size) z and goes there with
/// probability min(1, exp(E(x) - E(x')) q(x | x') / q(x' | x)), with the proposal's density q; else
/// it stays. So the stationary distribution is exp(-E) whatever the step size, where that of
/// unadjusted Langevin dynamics is not. An acceptance of 0.57 is best in many dimensions. It is
/// `Hmc` with trajectories of one leapfrog step of size sqrt(2 step_size): the change of the
/// kinetic energy is the logarithm of the ratio of the q's.
/// Source: Roberts & Tweedie 1996, section 1.4.2; Roberts & Rosenthal, "Optimal Scaling of Discrete
/// Approximations to Langevin Diffusions", 1998; Neal 2011, section 5.5.2.
class Mala {
 public:
  /// Throws `InvalidArgument` unless step_size is > 0 and finite.
  explicit Mala(const MalaOptions& options = {})
      : options_(options), trajectory_(trajectory(options)) {}

  [[nodiscard]] const MalaOptions& options() const noexcept { return options_; }

  template <class T>
  void require_options_fit() const {
    trajectory_.require_options_fit<T>();
  }

  template <class S, class T>
  struct Walk : Hmc::Walk<S, T> {
    Walk(const Mala& mala, const ChainBlock<S, T>& block)
        : Hmc::Walk<S, T>(mala.trajectory_, block) {}
  };

 private:
  static Hmc trajectory(const MalaOptions& options) {
    require(options.step_size > 0 && std::isfinite(options.step_size),
            "Mala: step_size must be > 0 and finite, got ", options.step_size);
    return Hmc({.step_size = std::sqrt(2 * options.step_size), .leapfrog_steps = 1});
  }

  MalaOptions options_;
  Hmc trajectory_;
};

static_assert(Transition<Mala> && Transition<Mala, double>);

}  // namespace ebm::inline EBM_ABI
