// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/loss.hpp>

namespace ebm {  // the same for every instruction set

/// Options of denoising score matching.
struct DenoisingScoreMatchingOptions {
  double noise = 0.1;  ///< deviation s of the noise on data, > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Denoising score matching: the mean over data x and normal z of |s dE/dx(x + s z) - z|^2 / 2.
///
/// At its minimum exp(-E) is the distribution of data with noise of deviation s. No chains are run:
/// an iteration costs a gradient of the energy and a pass on dual numbers.
/// Source: Vincent, "A Connection Between Score Matching and Denoising Autoencoders", 2011, eq. 11;
/// weighted by s^2 as in Song and Ermon 2019, eq. 6.
class DenoisingScoreMatching {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"score_matching"};
  static constexpr bool wants_chains = false, wants_slopes = true;

  /// Throws `InvalidArgument` unless noise is > 0 and finite.
  explicit DenoisingScoreMatching(const DenoisingScoreMatchingOptions& options = {})
      : options_(options) {
    require(options.noise > 0 && std::isfinite(options.noise),
            "DenoisingScoreMatching: noise must be > 0 and finite, got ", options.noise);
  }

  [[nodiscard]] const DenoisingScoreMatchingOptions& options() const noexcept { return options_; }

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using S = typename E::Input;
    using P = Pack<T>;
    constexpr int size = S::size - S::condition_size;  // conditions have no noise
    const P noise(static_cast<T>(options_.noise));
    auto& [slopes, directions] = *block.of_slopes;

    slopes.clear();
    P* const z = slopes.allocate(S::size);
    P* const noisy = slopes.allocate(S::size);
    const ChainDraws<T> draws(block.draws.rng.stream(Purpose::loss_noise), block.draws.first);
    kernels::draw_normal(kernels::elements_of(z), size, draws, 0);
    std::fill(z + size, z + S::size, P(T(0)));
    for (int i = 0; i < S::size; ++i) noisy[i] = fma(noise, z[i], block.x[i]);
    const auto x = slopes.template input<S>(noisy);
    const auto value = energy(x);
    slopes.backward(value);

    directions.clear();
    Dual<P>* const along = directions.allocate(S::size);
    P sum(T(0));
    for (int i = 0; i < S::size; ++i) {
      const P rest = i < size ? noise * x.adjoint_data()[i] - z[i] : P(T(0));
      sum = fma(rest, rest, sum);
      along[i] = Dual<P>(noisy[i], rest);
    }
    BatchResult result;
    alignas(P) T seeds[lanes] = {};
    for (int lane = 0; lane < block.rows; ++lane) {
      const double loss = 0.5 * static_cast<double>(sum.lane(lane));
      result.loss.total += block.share * loss;
      result.data_score -= block.share * static_cast<double>(value.value().lane(lane));
      seeds[lane] = static_cast<T>(block.share * options_.noise);
    }
    result.loss.parts[0] = result.loss.total;
    directions.backward(energy(directions.template input<S>(along)), P::load(seeds));
    return result;
  }

 private:
  DenoisingScoreMatchingOptions options_;
};

static_assert(Loss<DenoisingScoreMatching> && Loss<DenoisingScoreMatching, double>);

}  // namespace ebm::inline EBM_ABI
