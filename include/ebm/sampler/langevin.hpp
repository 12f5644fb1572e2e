// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <ebm/core/error.hpp>
#include <ebm/sampler/policies.hpp>
#include <ebm/sampler/transition.hpp>

namespace ebm::inline EBM_ABI {

/// Transition: a step of Langevin dynamics:
///
///     x <- domain(x + noise z);  x <- domain(x - step_size clip(dE(x)/dx))
///
/// or, with `NoiseLast`, the second before the first. With the default policies this is the sampler
/// of Du & Mordatch 2019, alg. 1, in the order of the UvA tutorial: noise, clamp, gradient, clip,
/// step, clamp. Noise and step size are independent, as there.
/// `UnboundedLangevin` with noise = sqrt(2 step_size) is the unadjusted Langevin algorithm for
/// exp(-E) (Roberts & Tweedie 1996, eq. 2): of a unit Gaussian its chains have the variance
/// 1 / (1 - step_size / 2), where the tutorial's order gives (1 - step_size)^2 times as much.
/// `Mala` is without bias.
template <class Noise = GaussianNoise, template <class> class Clip = ClipElements,
          template <class> class Domain = Box, class StepSize = ConstantStep,
          class Order = NoiseFirst>
class Langevin {
 public:
  // The policies, for code that runs the chains elsewhere.
  using NoisePolicy = Noise;
  template <class T>
  using ClipPolicy = Clip<T>;
  template <class T>
  using DomainPolicy = Domain<T>;
  using StepSizePolicy = StepSize;
  static constexpr bool noise_is_last = std::same_as<Order, NoiseLast>;

  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit Langevin(const LangevinOptions& options = {}) : options_(options) {
    const auto& o = options;
    require(o.step_size > 0 && std::isfinite(o.step_size),
            "Langevin: step_size must be > 0 and finite, got ", o.step_size);
    require(o.noise >= 0 && std::isfinite(o.noise), "Langevin: noise must be >= 0 and finite, got ",
            o.noise);
    require(o.gradient_clip > 0, "Langevin: gradient_clip must be > 0, got ", o.gradient_clip);
    require(o.low < o.high, "Langevin: low must be below high, got ", o.low, " and ", o.high);
  }

  [[nodiscard]] const LangevinOptions& options() const noexcept { return options_; }

  /// Where elements are kept; see `Box`.
  template <class T>
  [[nodiscard]] Domain<T> domain() const {
    return Domain<T>(options_);
  }

  /// Throws `InvalidArgument` if an option that is a fine number in double is none in `T`.
  template <class T>
  void require_options_fit() const {
    const auto finite = [](double value) { return std::isfinite(static_cast<T>(value)); };
    require(finite(options_.step_size), "Langevin: step_size overflows: ", options_.step_size);
    require(finite(options_.noise), "Langevin: noise overflows: ", options_.noise);
    require(static_cast<T>(options_.low) < static_cast<T>(options_.high),
            "Langevin: low and high are too close: ", options_.low, " and ", options_.high);
  }

  /// The steps of a block of chains of shape `S`.
  ///
  /// Between two gradients a chain moves down the old one and gets noise, that of the next step
  /// where noise is first: both are made in one pass, unless somebody looks at the states between.
  template <class S, class T>
  class Walk {
   public:
    static constexpr int room = 0;

    Walk(const Langevin& sampler, const ChainBlock<S, T>& block)
        : options_(sampler.options()), block_(block), draws_(block.draws(Purpose::chain_noise)) {}

    template <class E>
    void step(const E& energy, int step, bool is_seen) {
      if (!noise_is_last && !has_noise_) add_noise(step, kernels::Stay{});
      const Pack<T>* gradient = block_.evaluate(energy, block_.x).gradient;
      ++evaluations_;
      const Clip<T> clip(options_);
      const Domain<T> domain(options_);
      const kernels::Descend<kernels::WholeBlock<T>, Clip<T>, Domain<T>> descend{
          kernels::elements_of(gradient), static_cast<T>(StepSize::size(options_, step)), clip,
          domain};
      if (noise_is_last) {
        add_noise(step, descend);
        return;
      }
      has_noise_ = !is_seen;
      if (is_seen) {
        kernels::advance(kernels::elements_of(block_.x), 0, S::size, descend);
        block_.held.restore(block_.x);
      } else {
        add_noise(step + 1, descend);
      }
    }

    [[nodiscard]] ChainReport report(int chains) const {
      return {.gradient_evaluations = evaluations_ * chains};
    }

   private:
    template <class Move>
    void add_noise(int step, const Move& move) {
      Noise::apply(kernels::elements_of(block_.x), 0, S::size, move, static_cast<T>(options_.noise),
                   draws_, static_cast<std::uint32_t>(step), Domain<T>(options_));
      block_.held.restore(block_.x);
    }

    const LangevinOptions& options_;
    const ChainBlock<S, T>& block_;
    ChainDraws<T> draws_;
    std::int64_t evaluations_ = 0;
    bool has_noise_ = false;  // that of the next step
  };

 private:
  LangevinOptions options_;
};

/// The unadjusted Langevin algorithm, where noise = sqrt(2 step_size): features without bounds,
/// exact gradients, states after the noise.
using UnboundedLangevin = Langevin<GaussianNoise, NoClip, Unbounded, ConstantStep, NoiseLast>;

/// Gradient descent of the energy within the box: finds a likely sample near the start.
using EnergyDescent = Langevin<NoNoise>;

static_assert(Transition<Langevin<>> && Transition<UnboundedLangevin, double>);

}  // namespace ebm::inline EBM_ABI
