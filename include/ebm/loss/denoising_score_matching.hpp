// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/slopes.hpp>

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

/// Policy of `DenoisingScoreMatching`: all samples get noise of the same deviation, for an energy
/// that is not told. The loss is the mean of half the sum of squares.
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

/// Policy of `DenoisingScoreMatching`: each sample gets a level of its own, which its energy,
/// `NoiseConditional`, is told.
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

/// Denoising score matching: the mean over data x and normal z of
///
///     weight(s) |s dE/dx(x + s z, s) - z|^2
///
/// At its minimum exp(-E) is the distribution of data with noise of deviation s. No chains are run:
/// an iteration costs a gradient of the energy and a pass on dual numbers.
/// Source: Vincent, "A Connection Between Score Matching and Denoising Autoencoders", 2011, eq. 11;
/// over levels, weighted by s^2: Song and Ermon 2019, eq. 6.
///
/// Levels: `OneLevel`, or `LogLogisticLevels` for a `NoiseConditional` energy
template <class Levels = OneLevel>
class DenoisingScoreMatching {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"score_matching"};
  static constexpr bool wants_chains = false, wants_slopes = true;

  DenoisingScoreMatching() = default;
  explicit DenoisingScoreMatching(const Levels& levels) : levels_(levels) {}
  /// One level; throws `InvalidArgument` unless its noise is > 0 and finite.
  explicit DenoisingScoreMatching(const DenoisingScoreMatchingOptions& options)
    requires std::same_as<Levels, OneLevel>
      : levels_(options) {}

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using S = typename E::Input;
    using P = Pack<T>;
    constexpr int size = free_size<S>;  // conditions have no noise
    const P noise = levels_.template draw<T>(block.draws, block.batch);
    const auto& energy_here = levels_.energy_at(energy, noise);

    P* const z = block.tape.allocate(size);
    P* const noisy = block.tape.allocate(S::size);
    const ChainDraws<T> draws(block.draws.rng.stream(Purpose::loss_noise), block.draws.first);
    kernels::draw_normal(kernels::elements_of(z), size, draws, 0);
    for (int i = 0; i < size; ++i) noisy[i] = fma(noise, z[i], block.x[i]);
    std::copy(block.x + size, block.x + S::size, noisy + size);
    const auto at = block_slopes(energy_here, block.of_slopes->slopes, noisy);

    P* const rest = z;  // of the slope, when that of noise is taken off
    P squares(T(0));
    for (int i = 0; i < size; ++i) {
      rest[i] = noise * at.slopes[i] - z[i];
      squares = fma(rest[i], rest[i], squares);
    }
    BatchResult result;
    result.data_score = -block.share * sum_of_rows(block, at.energy);
    alignas(P) T seeds[lanes] = {};
    for (int lane = 0; lane < block.rows; ++lane) {
      const auto level = static_cast<double>(noise.lane(lane));
      const double weight = block.share * levels_.weight(energy, level);
      result.loss.total += weight * static_cast<double>(squares.lane(lane));
      seeds[lane] = static_cast<T>(2 * weight * level);
    }
    result.loss.parts[0] = result.loss.total;
    add_gradient_along(
        energy_here, block.of_slopes->directions, noisy, [&](int i) { return rest[i]; },
        P::load(seeds));
    return result;
  }

 private:
  Levels levels_;
};

template <class Levels>
DenoisingScoreMatching(Levels) -> DenoisingScoreMatching<Levels>;
DenoisingScoreMatching(DenoisingScoreMatchingOptions) -> DenoisingScoreMatching<OneLevel>;

static_assert(Loss<DenoisingScoreMatching<>> && Loss<DenoisingScoreMatching<>, double>);

}  // namespace ebm::inline EBM_ABI
