// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/noise_levels.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm::inline EBM_ABI {

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

    const auto [z, noisy] = with_noise<S>(block, noise);
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

/// The policy of noise levels, or the options of one level, say which loss it is.
/// @{
template <class Levels>
DenoisingScoreMatching(Levels) -> DenoisingScoreMatching<Levels>;
DenoisingScoreMatching(DenoisingScoreMatchingOptions) -> DenoisingScoreMatching<OneLevel>;
/// @}

static_assert(Loss<DenoisingScoreMatching<>> && Loss<DenoisingScoreMatching<>, double>);

}  // namespace ebm::inline EBM_ABI
