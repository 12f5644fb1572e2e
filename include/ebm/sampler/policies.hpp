// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/math.hpp>
#include <ebm/kernels/langevin.hpp>
#include <limits>

namespace ebm {  // the same for every instruction set

/// Options of `Langevin`; the defaults are those of the tutorial.
struct LangevinOptions {
  double step_size = 10;        ///< factor of the gradient, > 0
  double noise = 0.005;         ///< standard deviation of the noise of a step, >= 0
  double gradient_clip = 0.03;  ///< bound of each gradient element, > 0
  double low = -1, high = 1;    ///< the domain of each element, low < high

  friend bool operator==(const LangevinOptions&, const LangevinOptions&) = default;
};

}  // namespace ebm

/// The behaviours a Langevin sampler is composed of; each reads its numbers from the options.
namespace ebm::inline EBM_ABI {

/// Noise: moves the elements [begin, end) and adds normal noise of deviation `noise`. For SGLD and
/// MCMC.
struct GaussianNoise {
  template <class L, class T, class Move, class Domain>
  static EBM_INLINE void apply(const kernels::Elements<L, T>& x, int begin, int end,
                               const Move& move, T deviation,
                               const ChainDraws<T, L::Vector::size>& draws, std::uint32_t step,
                               const Domain& domain) noexcept {
    kernels::advance_and_perturb(x, begin, end, move, deviation, draws, step, domain);
  }
};

/// Noise: none, every element is just moved. For plain descent of the energy, such as denoising.
struct NoNoise {
  template <class L, class T, class Move, class Domain>
  static EBM_INLINE void apply(const kernels::Elements<L, T>& x, int begin, int end,
                               const Move& move, T, const ChainDraws<T, L::Vector::size>&,
                               std::uint32_t, const Domain&) noexcept {
    kernels::advance(x, begin, end, move);
  }
};

/// Gradient clip: each element to [-gradient_clip, gradient_clip]. Keeps training stable; the
/// chain then no longer samples exp(-E).
template <class T>
struct ClipElements {
  explicit ClipElements(const LangevinOptions& options)
      : bound(static_cast<T>(options.gradient_clip)) {}
  template <class V>
  EBM_INLINE V operator()(const V& g) const noexcept {
    return clamp(g, V(-bound), V(bound));
  }
  T bound;
};

/// Gradient clip: none. For energies whose samples must be right.
template <class T>
struct NoClip {
  explicit NoClip(const LangevinOptions&) {}
  template <class V>
  EBM_INLINE V operator()(const V& g) const noexcept {
    return g;
  }
};

/// Domain: a box; elements are clamped to [low, high]. For pixels.
template <class T>
struct Box {
  explicit Box(const LangevinOptions& options)
      : low(static_cast<T>(options.low)), high(static_cast<T>(options.high)) {}
  template <class V>
  EBM_INLINE V operator()(const V& x) const noexcept {
    return clamp(x, V(low), V(high));
  }
  [[nodiscard]] bool contains(T value) const noexcept { return value >= low && value <= high; }
  T low, high;  ///< its ends
};

/// Domain: all of space. For features without bounds.
template <class T>
struct Unbounded {
  Unbounded() = default;
  explicit Unbounded(const LangevinOptions&) {}
  template <class V>
  EBM_INLINE V operator()(const V& x) const noexcept {
    return x;
  }
  [[nodiscard]] static bool contains(T) noexcept { return true; }
  static constexpr T low = -std::numeric_limits<T>::infinity();
  static constexpr T high = std::numeric_limits<T>::infinity();
};

/// Order of a step: noise, then down the gradient, as in the tutorial. Chains end without noise on
/// them, near a minimum of the energy.
struct NoiseFirst {};

/// Order of a step: down the gradient, then noise: that of the unadjusted Langevin algorithm, whose
/// chains end where they are distributed as it says.
struct NoiseLast {};

/// Step size: the same in all steps.
struct ConstantStep {
  static double size(const LangevinOptions& options, int) noexcept { return options.step_size; }
};

/// Step size: step_size (1 + step)^-0.55, which lets the chain settle.
///
/// Source: Welling & Teh, "Bayesian Learning via Stochastic Gradient Langevin Dynamics", 2011,
/// eq. 2 and its note: eps_t = a (b + t)^-gamma with gamma in (0.5, 1]; here b = 1, gamma = 0.55.
struct DecayingStep {
  static double size(const LangevinOptions& options, int step) noexcept {
    // By functions of our own: the last bit of std::pow depends on the C library.
    const Pack<double> power = exp(Pack<double>(-0.55) * log(Pack<double>(1.0 + step)));
    return options.step_size * power.lane(0);
  }
};

}  // namespace ebm::inline EBM_ABI
