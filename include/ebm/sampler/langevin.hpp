// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/sampler/hold.hpp>
#include <ebm/sampler/policies.hpp>
#include <ebm/sampler/sampler.hpp>

namespace ebm::inline EBM_ABI {

/// Langevin dynamics: K steps of
///
///     x <- domain(x + noise z);  x <- domain(x - step_size clip(dE(x)/dx))
///
/// With the default policies this is the sampler of Du & Mordatch 2019, alg. 1, in the order of the
/// UvA tutorial: noise, clamp, gradient, clip, step, clamp. Noise and step size are independent, as
/// there; noise = sqrt(2 step_size) with `NoClip` and `Unbounded` is the unadjusted Langevin
/// algorithm for exp(-E) (Roberts & Tweedie 1996, eq. 2).
/// All steps of a block of 16 chains run on one worker before the next block is taken.
template <class Noise = GaussianNoise, template <class> class Clip = ClipElements,
          template <class> class Domain = Box, class StepSize = ConstantStep>
class Langevin {
 public:
  // The policies, for who runs the chains elsewhere.
  using NoisePolicy = Noise;
  template <class T>
  using ClipPolicy = Clip<T>;
  template <class T>
  using DomainPolicy = Domain<T>;
  using StepSizePolicy = StepSize;

  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit Langevin(const LangevinOptions& options = {}) : options_(options) {
    const auto& o = options;
    require(o.steps >= 0, "Langevin: steps must be >= 0, got ", o.steps);
    require(o.step_size > 0 && std::isfinite(o.step_size),
            "Langevin: step_size must be > 0 and finite, got ", o.step_size);
    require(o.noise >= 0 && std::isfinite(o.noise), "Langevin: noise must be >= 0 and finite, got ",
            o.noise);
    require(o.gradient_clip > 0, "Langevin: gradient_clip must be > 0, got ", o.gradient_clip);
    require(o.low < o.high, "Langevin: low must be below high, got ", o.low, " and ", o.high);
  }

  [[nodiscard]] const LangevinOptions& options() const noexcept { return options_; }

  /// Runs all steps and leaves the final states in `chains`.
  ///
  /// The same seed and ids draw the same noise again: to go on with chains that have run already,
  /// give another `rng` or other ids.
  /// chains: [chain][feature], finite; row i is chain `first_chain` + i
  /// Throws `InvalidArgument` if the features don't fit the energy, a value is not finite, or an
  /// option is out of range in `T`.
  template <class T, class E, Executor X>
    requires Energy<E, T>
  void run(const E& energy, SamplesRef<T> chains, std::uint64_t first_chain, Rng rng, X& executor,
           Workspace<T>& workspace) const {
    walk(energy, chains, first_chain, rng, executor, workspace, HoldNothing{}, 0,
         [](int, int, const Pack<T>*) {});
  }

  /// Runs all steps with some elements held where they are: with exact gradients and no bounds, the
  /// others follow the unadjusted Langevin algorithm for their distribution given the held ones.
  ///
  /// held: [chain][feature], true where an element stays, bit by bit
  /// Throws `InvalidArgument` as `run`, and unless `held` is as large as `chains`.
  template <class T, class E, Executor X>
    requires Energy<E, T>
  void run_holding(const E& energy, SamplesRef<T> chains, const ElementMask& held,
                   std::uint64_t first_chain, Rng rng, X& executor, Workspace<T>& workspace) const {
    require(held.rows() == chains.rows() && held.cols() == chains.cols(),
            "Langevin::run_holding: ", chains.rows(), " chains of ", chains.cols(),
            " features expect a mask of that size, got ", held.rows(), "x", held.cols());
    walk(energy, chains, first_chain, rng, executor, workspace, HoldWhere<T>{held}, 0,
         [](int, int, const Pack<T>*) {});
  }

  /// The same for a one-off run: final states of chains that start at `start`.
  template <class T = float, class E>
    requires Energy<E, T>
  [[nodiscard]] Samples<T> sample(const E& energy, std::type_identity_t<Samples<T>> start,
                                  Rng rng = {}, std::uint64_t first_chain = 0) const {
    Serial executor;
    Workspace<T> workspace;
    run<T>(energy, start, first_chain, rng, executor, workspace);
    return start;
  }

  /// Throws `InvalidArgument` that names the first sample with a feature outside of the domain.
  template <class T>
  void require_in_domain(const char* function, const ConstSamplesRef<T>& samples) const {
    const Domain<T> domain(options_);
    for (Eigen::Index row = 0; row < samples.rows(); ++row) {
      for (const T value : sample_of(samples, row)) {
        require(domain.contains(value), function, ": sample ", row, " holds ", value,
                ", outside of the sampler's domain [", options_.low, ", ", options_.high, "]");
      }
    }
  }

  /// Adds normal noise to samples and keeps them in the domain: the first half of a step.
  ///
  /// samples: [sample][feature] of shape `S`; row i gets the numbers of chain `first` + i
  template <class T, class S, Executor X>
  void add_noise(SamplesRef<T> samples, double deviation, std::uint64_t first, PhiloxKey key,
                 X& executor, Workspace<T>& workspace) const {
    workspace.prepare(executor.workers(), S::size);
    executor.for_each(block_count(samples.rows()), [&](int block, int worker) {
      Pack<T>* x = workspace[worker].state.data();
      load_block<S, T>(samples, block, x);
      const ChainDraws<T> draws(key, first + static_cast<std::uint64_t>(block) * lanes);
      kernels::advance_and_perturb(kernels::elements_of(x), 0, S::size, kernels::Stay{},
                                   static_cast<T>(deviation), draws, 0, Domain<T>(options_));
      store_block<S>(x, block, samples);
    });
  }

  /// Runs all steps and returns the states after every `every`-th step, first to last.
  ///
  /// result: [snapshot][chain][feature], floor(steps / every) snapshots
  /// Throws `InvalidArgument` as `run`, and unless every >= 1.
  template <class T, class E, Executor X>
    requires Energy<E, T>
  [[nodiscard]] std::vector<Samples<T>> trace(const E& energy, SamplesRef<T> chains, int every,
                                              std::uint64_t first_chain, Rng rng, X& executor,
                                              Workspace<T>& workspace) const {
    require(every >= 1, "Langevin::trace: every must be >= 1, got ", every);
    std::vector<Samples<T>> snapshots(static_cast<std::size_t>(options_.steps / every),
                                      Samples<T>(chains.rows(), chains.cols()));
    walk(energy, chains, first_chain, rng, executor, workspace, HoldNothing{}, every,
         [&](int block, int steps_done, const Pack<T>* x) {
           Samples<T>& snapshot = snapshots[static_cast<std::size_t>(steps_done / every - 1)];
           store_block<typename E::Input>(x, block, SamplesRef<T>(snapshot));
         });
    return snapshots;
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

 private:
  /// Runs all steps; `observe(block, steps done, states)` sees every `every`-th, if `every` > 0.
  template <class T, class E, class X, class Hold, class Observe>
  void walk(const E& energy, SamplesRef<T> chains, std::uint64_t first_chain, Rng rng, X& executor,
            Workspace<T>& workspace, const Hold& hold, int every, const Observe& observe) const {
    using S = typename E::Input;
    require_samples<T>("Langevin", chains, S::size);
    require_options_fit<T>();
    workspace.prepare(executor.workers(), S::size);
    const PhiloxKey key = rng.stream(Purpose::chain_noise);
    executor.for_each(block_count(chains.rows()), [&](int block, int worker) {
      Tape<T, Wrt::inputs>& tape = workspace[worker].tape;
      Pack<T>* x = workspace[worker].state.data();
      load_block<S, T>(chains, block, x);
      const ChainDraws<T> draws(key, first_chain + static_cast<std::uint64_t>(block) * lanes);
      const Clip<T> clip(options_);
      const Domain<T> domain(options_);
      const auto held = hold.template block<S>(x, block, workspace[worker].held);
      const auto add_noise = [&](int step, const auto& move) {
        Noise::apply(kernels::elements_of(x), 0, S::size, move, static_cast<T>(options_.noise),
                     draws, static_cast<std::uint32_t>(step), domain);
        held.restore(x);
      };
      if (options_.steps > 0) add_noise(0, kernels::Stay{});
      for (int step = 0; step < options_.steps; ++step) {
        tape.clear();
        const auto input = tape.template input<S>(x);
        tape.backward(energy(input));
        const kernels::Descend<kernels::WholeBlock<T>, Clip<T>, Domain<T>> descend{
            kernels::elements_of(static_cast<const Pack<T>*>(input.adjoint_data())),
            static_cast<T>(StepSize::size(options_, step)), clip, domain};
        const int done = step + 1;
        const bool is_last = done == options_.steps;
        const bool is_seen = every > 0 && done % every == 0;
        if (!is_last && !is_seen) {
          add_noise(done, descend);
          continue;
        }
        kernels::advance(kernels::elements_of(x), 0, S::size, descend);
        held.restore(x);
        if (is_seen) observe(block, done, x);
        if (!is_last) add_noise(done, kernels::Stay{});
      }
      store_block<S>(x, block, chains);
    });
  }

  LangevinOptions options_;
};

/// Langevin dynamics for features without bounds and exact gradients.
using UnboundedLangevin = Langevin<GaussianNoise, NoClip, Unbounded>;

/// Gradient descent of the energy within the box: finds a likely sample near the start.
using EnergyDescent = Langevin<NoNoise>;

static_assert(Sampler<Langevin<>>);

}  // namespace ebm::inline EBM_ABI
