// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/loss.hpp>

/// How much noise losses put on data.
namespace ebm {  // the same for every instruction set

/// Options of denoising score matching with one noise level.
struct DenoisingScoreMatchingOptions {
  double noise = 0.1;  ///< deviation s of the noise on data, > 0
};

/// Options of `LogLogisticLevels`.
struct LogLogisticLevelsOptions {
  double median = 0.7;  ///< > 0
  double spread = 0.6;  ///< of ln s, its deviation times sqrt(3) / pi; > 0
  double low = 0.05;    ///< the lowest level, > 0
  double high = 10;     ///< the highest level, > low
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Levels: all samples get noise of the same deviation, for an energy that is not told. The loss is
/// the mean of half the sum of squares.
class OneLevel {
 public:
  /// Throws `InvalidArgument` unless noise is > 0 and finite.
  explicit OneLevel(const DenoisingScoreMatchingOptions& options = {}) : options_(options) {
    require(options.noise > 0 && std::isfinite(options.noise),
            "DenoisingScoreMatching: noise must be > 0 and finite, got ", options.noise);
  }

  template <class T>
  [[nodiscard]] Pack<T> draw(const SampleDraws&, std::uint32_t) const {
    return Pack<T>(static_cast<T>(options_.noise));
  }
  template <class E, class T>
  [[nodiscard]] static const E& energy_at(const E& energy, const Pack<T>&) {
    return energy;
  }
  template <class E>
  [[nodiscard]] static double weight(const E&, double) {
    return 0.5;
  }

 private:
  DenoisingScoreMatchingOptions options_;
};

/// Levels: each sample gets one of its own, which its energy, `NoiseConditional`, is told.
///
/// ln s has a logistic distribution, cut off at the ends: much like the normal one of Karras et al.
/// 2022 (table 1), but its quantiles need a logarithm alone. The levels of a batch are stratified:
/// the n samples of an iteration have one each of the n equally likely ranges. The weight of a
/// level is that which makes what the network has to learn have variance 1 there, and the loss is
/// the mean over features: v / d^2 / features with v = s^2 + d^2, for data of deviation d.
class LogLogisticLevels {
 public:
  /// Throws `InvalidArgument` if an option is out of range.
  explicit LogLogisticLevels(const LogLogisticLevelsOptions& options = {}) : options_(options) {
    const auto& o = options;
    require(o.median > 0 && std::isfinite(o.median),
            "LogLogisticLevels: median must be > 0 and finite, got ", o.median);
    require(o.spread > 0 && std::isfinite(o.spread),
            "LogLogisticLevels: spread must be > 0 and finite, got ", o.spread);
    require(o.low > 0 && o.low < o.high && std::isfinite(o.high),
            "LogLogisticLevels: expected 0 < low < high, finite, got low ", o.low, " and high ",
            o.high);
  }

  [[nodiscard]] const LogLogisticLevelsOptions& options() const noexcept { return options_; }

  /// The levels of a block of samples; batch: samples of an iteration, >= 1
  template <class T>
  [[nodiscard]] Pack<T> draw(const SampleDraws& draws, std::uint32_t batch) const {
    // In double, and by our own functions: the same bits everywhere.
    using P = Pack<double>;
    const PhiloxKey key = draws.rng.stream(Purpose::loss_noise);
    const auto within = uniform_open<double>(ChainDraws<double>(key, draws.first).words(1, 0)[0]);
    const std::uint32_t turn = Sequence(key, draws.first / batch, 2).below(batch);
    alignas(P) double stratum[lanes];
    for (int lane = 0; lane < lanes; ++lane) {
      const std::uint64_t sample = draws.first + static_cast<std::uint64_t>(lane);
      stratum[lane] = static_cast<double>((sample % batch + turn) % batch);
    }
    const P quantile = (P::load(stratum) + within) * P(1.0 / batch);

    const P median(options_.median), spread(options_.spread);
    const auto distribution = [&](double level) {
      return sigmoid((log(P(level)) - log(median)) / spread);
    };
    const P low = distribution(options_.low), high = distribution(options_.high);
    const P u = fma(quantile, high - low, low);
    const P level = median * exp(spread * log(u / (P(1.0) - u)));
    alignas(P) double values[lanes];
    clamp(level, P(options_.low), P(options_.high)).store(values);
    alignas(Pack<T>) T result[lanes];
    for (int lane = 0; lane < lanes; ++lane) result[lane] = static_cast<T>(values[lane]);
    return Pack<T>::load(result);
  }
  template <class E, class T>
  [[nodiscard]] static AtLevel<E> energy_at(const E& energy, const Pack<T>& level) {
    return at_level(energy, level);
  }
  template <class E>
  [[nodiscard]] static double weight(const E& energy, double level) {
    const double ratio = level / energy.options().deviation;
    return (1 + ratio * ratio) / free_size<typename E::Input>;
  }

 private:
  LogLogisticLevelsOptions options_;
};

/// The samples of a block with noise.
template <class T>
struct NoisyBlock {
  Pack<T>* z;        ///< [feature], normal draws
  const Pack<T>* x;  ///< x + noise z, and the condition as it is
};

/// Adds noise of a deviation for each lane, on the block's tape.
///
/// S: shape of a sample
template <class S, class T>
[[nodiscard]] NoisyBlock<T> with_noise(const JudgedBlock<T>& block, const Pack<T>& noise,
                                       Purpose purpose = Purpose::loss_noise) {
  constexpr int size = free_size<S>;
  Pack<T>* const z = block.tape.allocate(size);
  Pack<T>* const noisy = block.tape.allocate(S::size);
  const ChainDraws<T> draws(block.draws.rng.stream(purpose), block.draws.first);
  kernels::draw_normal(kernels::elements_of(z), size, draws, 0);
  for (int i = 0; i < size; ++i) noisy[i] = fma(noise, z[i], block.x[i]);
  std::copy(block.x + size, block.x + S::size, noisy + size);
  return {z, noisy};
}

}  // namespace ebm::inline EBM_ABI
