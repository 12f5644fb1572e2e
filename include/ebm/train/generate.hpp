// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/energy/classifier.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <ebm/train/report.hpp>
#include <ebm/train/validation.hpp>
#include <utility>

/// Callbacks that show what a model draws.
namespace ebm::inline EBM_ABI {

/// Options of `Generate`; the defaults are the tutorial's.
struct GenerateOptions {
  int chains = 8;     ///< >= 1
  int steps = 256;    ///< of each chain, >= 1
  int snapshots = 8;  ///< of each chain, evenly spaced, in [1, steps]
  int every = 5;      ///< epochs from one time to the next, >= 1
};

/// Sampler of `Generate`: the recipe's own.
struct SamplerOfRecipe {};

/// Callback: runs chains from noise every few epochs and hands their snapshots to `show`.
///
/// The chains are moved by the recipe's own sampler, or by another `Transition`. They start where
/// its `starts(energy, count, rng, first_chain)` says, as those of `Annealed`, or in uniform noise
/// that fills its domain, or [-1, 1). Of a classifier they sample E(x).
/// `show(report, snapshots)` gets the states after steps s, 2s, ... with s = steps / snapshots,
/// each [chain][feature]. The starts and the noise are the same each time: what changes is the
/// model.
///
/// Source: UvA deep learning course, Tutorial 8 (`GenerateCallback`).
template <class Show, class Sampler = SamplerOfRecipe>
class Generate {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  Generate(const GenerateOptions& options, Rng rng, Show show, Sampler sampler = {})
      : options_(options), rng_(rng), show_(std::move(show)), sampler_(std::move(sampler)) {
    const auto& o = options;
    require(o.chains >= 1, "Generate: chains must be >= 1, got ", o.chains);
    require(o.steps >= 1, "Generate: steps must be >= 1, got ", o.steps);
    require(o.snapshots >= 1 && o.snapshots <= o.steps, "Generate: snapshots must be in [1, ",
            o.steps, "], got ", o.snapshots);
    require(o.every >= 1, "Generate: every must be >= 1, got ", o.every);
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const EpochReport& report) {
    using T = typename Trainer::value_type;
    if (report.epoch % options_.every != 0) return;
    const auto& energy = without_class(trainer.model());
    static_assert(std::remove_cvref_t<decltype(energy)>::Input::condition_size == 0,
                  "Generate draws samples without a condition; the model's have one: show them by "
                  "a callback of your own, with chain_ends and with_conditions");
    constexpr std::uint64_t first_chain = std::uint64_t{1} << 63;  // training never gets there
    const auto& sampler = sampler_for(trainer);
    auto snapshots = chain_trace(sampler, energy, starts<T>(sampler, energy, first_chain),
                                 {.steps = options_.steps,
                                  .rng = rng_,
                                  .first_chain = first_chain,
                                  .every = options_.steps / options_.snapshots,
                                  .require_finite = false},  // a picture ends no training
                                 trainer.executor());
    snapshots.resize(static_cast<std::size_t>(options_.snapshots));
    show_(report, snapshots);
  }

 private:
  /// The energy whose chains are shown: that of a classifier does not read the class.
  template <class E>
  [[nodiscard]] static decltype(auto) without_class(const E& model) {
    if constexpr (requires { typename E::Sample; }) {
      return Marginal<E>(model);
    } else {
      return (model);
    }
  }

  template <class Trainer>
  [[nodiscard]] const auto& sampler_for(const Trainer& trainer) const {
    if constexpr (std::same_as<Sampler, SamplerOfRecipe>) {
      return trainer.recipe().sampler;
    } else {
      return sampler_;
    }
  }

  /// The sampler's own, or uniform noise.
  template <class T, class K, class E>
  [[nodiscard]] Samples<T> starts(const K& sampler, const E& energy,
                                  std::uint64_t first_chain) const {
    if constexpr (requires { sampler.starts(energy, 1, rng_, first_chain); }) {
      return sampler.starts(energy, options_.chains, rng_, first_chain);
    } else {
      double low = -1, high = 1;
      if constexpr (requires { sampler.template domain<double>(); }) {
        const auto domain = sampler.template domain<double>();
        if (std::isfinite(domain.low) && std::isfinite(domain.high)) {
          low = domain.low;
          high = domain.high;
        }
      }
      return uniform_noise<T>(options_.chains, E::Input::size, rng_, low, high);
    }
  }

  GenerateOptions options_;
  Rng rng_;
  Show show_;
  [[no_unique_address]] Sampler sampler_;
};

/// Options of `SamplerImages`; the defaults are the tutorial's.
struct SamplerImagesOptions {
  int count = 32;  ///< >= 1
  int every = 5;   ///< epochs from one time to the next, >= 1
};

/// Callback: hands samples of the replay buffer to `show(report, samples)` every few epochs.
///
/// Source: UvA deep learning course, Tutorial 8 (`SamplerCallback`).
template <class Show>
class SamplerImages {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  SamplerImages(const SamplerImagesOptions& options, Rng rng, Show show)
      : options_(options), rng_(rng), show_(std::move(show)) {
    require(options.count >= 1, "SamplerImages: count must be >= 1, got ", options.count);
    require(options.every >= 1, "SamplerImages: every must be >= 1, got ", options.every);
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const EpochReport& report) {
    using T = typename Trainer::value_type;
    if (report.epoch % options_.every != 0) return;
    const auto& buffer = trainer.buffer();
    Sequence draws(rng_.stream(Purpose::pictures), static_cast<std::uint64_t>(report.epoch));
    Samples<T> samples(options_.count, buffer.features());
    for (Eigen::Index i = 0; i < samples.rows(); ++i) {
      samples.row(i) = buffer[draws.below(static_cast<std::uint32_t>(buffer.size()))];
    }
    show_(report, samples);
  }

 private:
  SamplerImagesOptions options_;
  Rng rng_;
  Show show_;
};

}  // namespace ebm::inline EBM_ABI
