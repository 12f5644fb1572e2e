// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/sampler/replay_buffer.hpp>

/// Where the chains of training begin, and what becomes of their ends.
namespace ebm::inline EBM_ABI {

/// Satisfied by what a training keeps of its chains from one iteration to the next.
///
/// `begin(chains, data, rng, iteration)` overwrites `chains`, [chain][feature], with the starts of
/// an iteration's chains; `data` is its batch, as many rows, with their noise; iterations count
/// from 0. `end(chains)` gets the states in which they ended.
template <class S, class T = float>
concept ChainStarts = Stateful<S> && requires(S& starts, SamplesRef<T> chains,
                                              const ConstSamplesRef<T>& data, Rng rng) {
  starts.begin(chains, data, rng, std::uint64_t{});
  starts.end(data);
};

/// Satisfied by the `starts` of a recipe: `policy.for_chains<T>(batch, features, conditions)` makes
/// the `ChainStarts` of a training whose iterations have `batch` chains. The last `conditions`
/// features are given: chains that start anew have those of the data. Starts that are uniform noise
/// say where by `noise_range()`, and may have a member `take_bounds(range)`: what of it they have
/// not been given, they take from the domain of the recipe's sampler.
template <class P, class T = float>
concept StartPolicy = requires(const P& policy) {
  { policy.template for_chains<T>(1, 1, 0) } -> ChainStarts<T>;
};

namespace detail {

/// Sets what is not given of the bounds of noise.
inline void take_bounds(std::optional<double>& low, std::optional<double>& high,
                        const NoiseRange& range) {
  low = low.value_or(range.low);
  high = high.value_or(range.high);
}

}  // namespace detail

/// Starts: a replay buffer, which at first holds a batch of noise.
///
/// Source: Du & Mordatch 2019, section 3.2.
struct FromReplayBuffer {
  ReplayBufferOptions options{};

  [[nodiscard]] NoiseRange noise_range() const {
    return detail::noise_range(options.low, options.high);
  }
  void take_bounds(const NoiseRange& range) {
    detail::take_bounds(options.low, options.high, range);
  }

  template <class T>
  [[nodiscard]] ReplayBuffer<T> for_chains(int, int features, int conditions) const {
    return ReplayBuffer<T>(features, options, conditions);
  }
};

/// Starts: the data of the iteration. Contrastive divergence in the narrow sense, CD-k with k
/// steps.
///
/// Source: Hinton 2002, section 3.
struct FromData {
  template <class T>
  struct Chains {
    static void begin(SamplesRef<T> chains, const ConstSamplesRef<T>& data, Rng, std::uint64_t) {
      chains = data;
    }
    static void end(const ConstSamplesRef<T>&) {}
    [[nodiscard]] static State state() { return {}; }
    static void restore(const State&) {}
  };

  template <class T>
  [[nodiscard]] Chains<T> for_chains(int, int, int) const {
    return {};
  }
};

/// Starts: noise in every iteration, uniform in [low, high); what is not given of it is as in
/// `ReplayBufferOptions`.
///
/// Source: Nijkamp, Hill, Zhu, Wu, "Learning Non-Convergent Non-Persistent Short-Run MCMC Toward
/// Energy-Based Model", 2019, alg. 1.
struct FromNoise {
  std::optional<double> low{}, high{};  ///< low < high, finite

  template <class T>
  struct Chains {
    NoiseRange noise;
    int conditions;

    void begin(SamplesRef<T> chains, const ConstSamplesRef<T>& data, Rng rng,
               std::uint64_t iteration) const {
      fill_with_noise<T>(chains, rng, iteration, noise.low, noise.high);
      copy_conditions<T>(data, chains, chains.rows(), conditions);
    }
    static void end(const ConstSamplesRef<T>&) {}
    [[nodiscard]] static State state() { return {}; }
    static void restore(const State&) {}
  };

  [[nodiscard]] NoiseRange noise_range() const { return detail::noise_range(low, high); }
  void take_bounds(const NoiseRange& range) { detail::take_bounds(low, high, range); }

  /// Throws `InvalidArgument` unless low < high, both finite in `T`.
  template <class T>
  [[nodiscard]] Chains<T> for_chains(int, int, int conditions) const {
    return {detail::checked_noise_range<T>("FromNoise", low, high), conditions};
  }
};

namespace detail {

/// Chains that live from one iteration to the next, and the state of a training that they are.
template <class T>
class LivingChains {
 public:
  void end(const ConstSamplesRef<T>& chains) { chains_ = chains; }

  [[nodiscard]] State state() const {
    State state;
    state.put("has_begun", std::int64_t{has_begun_});
    state.put("chains", std::vector<T>(chains_.data(), chains_.data() + chains_.size()));
    return state;
  }
  /// Throws `Error` if the state is not that of as many chains.
  void restore(const State& state) {
    const auto has_begun = state.get<std::int64_t>("has_begun");
    const auto chains = state.finite<T>("chains", static_cast<std::size_t>(chains_.size()));
    std::copy(chains.begin(), chains.end(), chains_.data());
    has_begun_ = has_begun != 0;
  }

 protected:
  LivingChains(int batch, int features) : chains_(batch, features) {}

  Samples<T> chains_;
  bool has_begun_ = false;
};

}  // namespace detail

/// Starts: where the chains of the iteration before ended; they begin as noise, uniform in
/// [low, high), and never again. What is not given of it is as in `ReplayBufferOptions`.
///
/// Source: Tieleman, "Training Restricted Boltzmann Machines using Approximations to the Likelihood
/// Gradient", 2008 (persistent contrastive divergence).
struct PersistentChains {
  std::optional<double> low{}, high{};  ///< low < high, finite

  template <class T>
  class Chains : public detail::LivingChains<T> {
   public:
    Chains(int batch, int features, int conditions, const NoiseRange& noise)
        : detail::LivingChains<T>(batch, features), conditions_(conditions), noise_(noise) {}

    void begin(SamplesRef<T> chains, const ConstSamplesRef<T>& data, Rng rng, std::uint64_t) {
      if (!has_begun_) {
        fill_with_noise<T>(chains_, rng, before_any_iteration, noise_.low, noise_.high);
        copy_conditions<T>(data, chains_, chains_.rows(), conditions_);
      }
      has_begun_ = true;
      chains = chains_;
    }

   private:
    using detail::LivingChains<T>::chains_;
    using detail::LivingChains<T>::has_begun_;
    int conditions_;
    NoiseRange noise_;
  };

  [[nodiscard]] NoiseRange noise_range() const { return detail::noise_range(low, high); }
  void take_bounds(const NoiseRange& range) { detail::take_bounds(low, high, range); }

  /// Throws `InvalidArgument` unless low < high, both finite in `T`.
  template <class T>
  [[nodiscard]] Chains<T> for_chains(int batch, int features, int conditions) const {
    return {batch, features, conditions,
            detail::checked_noise_range<T>("PersistentChains", low, high)};
  }
};

static_assert(StartPolicy<FromReplayBuffer> && StartPolicy<FromData, double> &&
              StartPolicy<FromNoise> && StartPolicy<PersistentChains, double>);

}  // namespace ebm::inline EBM_ABI
