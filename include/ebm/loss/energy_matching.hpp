// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/coupling.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `EnergyMatching`.
struct EnergyMatchingOptions {
  double noise = 1;  ///< deviation of the noise that is led to the data, > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Energy matching, its first phase: the mean over data x1, noise x0 and times t in [0, 1] of
///
///     |dE/dx(x_t) + x1 - x0|^2,  x_t = (1 - t) x0 + t x1
///
/// At its minimum -dE/dx is the mean velocity of the straight paths through a point, so that a
/// descent of E from noise moves towards the data. It is no density of the data yet: the second
/// phase, `ContrastiveDivergence` beside this loss, makes it one there. No chains are run.
/// Coupling: which noise and data are the ends of a path, `OptimalCoupling` as in the paper, or
/// `IndependentCoupling`
/// Source: Balcerak et al., "Energy Matching: Unifying Flow Matching and Energy-Based Models for
/// Generative Modeling", 2025: the loss of the warm-up (algorithm 1). The velocity along straight
/// paths is that of Lipman et al., "Flow Matching for Generative Modeling", 2023.
template <class Coupling = OptimalCoupling>
class EnergyMatching {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"energy_matching"};
  static constexpr bool wants_chains = false, wants_slopes = true;

  /// Throws `InvalidArgument` unless noise is > 0 and finite.
  explicit EnergyMatching(const EnergyMatchingOptions& options = {}) : options_(options) {
    require(options.noise > 0 && std::isfinite(options.noise),
            "EnergyMatching: noise must be > 0 and finite, got ", options.noise);
  }

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using S = typename E::Input;
    using P = Pack<T>;
    constexpr int size = free_size<S>;
    block.tape.clear();
    P* const velocity = block.tape.allocate(size);  // noise, then x1 - x0
    P* const path = block.tape.allocate(S::size);
    const ChainDraws<T> draws(block.draws.rng.stream(Purpose::couplings), block.draws.first);
    kernels::draw_normal(kernels::elements_of(velocity), size, draws, 0);
    for (int i = 0; i < size; ++i) velocity[i] *= P(static_cast<T>(options_.noise));
    Coupling::pair(block.x, velocity, size, block.rows);

    const P time = fma(P(T(0.5)), draws.uniform(1, 0)[0], P(T(0.5)));
    std::copy_n(block.x, S::size, path);
    for (int i = 0; i < size; ++i) {
      const P start = velocity[i];
      velocity[i] = block.x[i] - start;
      path[i] = fma(time, velocity[i], start);
    }
    const auto at_path = block_slopes(energy, block.of_slopes->slopes, path);
    P sum(T(0));
    for (int i = 0; i < size; ++i) {
      velocity[i] += at_path.slopes[i];  // what is left of it
      sum = fma(velocity[i], velocity[i], sum);
    }
    add_gradient_along(
        energy, block.of_slopes->directions, path, [&](int i) { return velocity[i]; },
        in_rows(block, 2 * block.share));

    BatchResult result;
    result.loss.total = result.loss.parts[0] = block.share * sum_of_rows(block, sum);
    result.score_of(block.role) = -block.share * sum_of_rows(block, at_path.energy);
    return result;
  }

 private:
  EnergyMatchingOptions options_;
};

static_assert(Loss<EnergyMatching<>> && Loss<EnergyMatching<IndependentCoupling>, double>);

}  // namespace ebm::inline EBM_ABI
