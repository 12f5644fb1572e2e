// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/dual.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm::inline EBM_ABI {

/// The part of contrastive divergence that goes through the sampler: the mean over chains of E(x'),
/// where the parameters of E are constants, and those of the step that leads to x' are not. Its
/// gradient is
///
///     mean over chains of  sum over i of  dE(x')/dx_i  dx'_i/dg_i  d/d parameters of g_i,
///     g = dE/dx before the move,  dx'/dg = -step_size where neither clip nor domain holds x'
///
/// Contrastive divergence takes its samples for data; this adds what the parameters do to them, so
/// that chains end where the energy is low: `ContrastiveDivergence() + LastStepKl(sampler)`.
/// A loss sees chains where they end, so it takes one step more of a `Langevin`, the recipe's own
/// as a rule, and only it has a gradient. The entropy of the chains' ends, the other half of the KL
/// divergence, is left out: its estimate from neighbours needs more samples than a block has.
/// Source: Du, Li, Tenenbaum, Mordatch, "Improved Contrastive Divergence Training of Energy-Based
/// Models", ICML 2021: L_KL without its entropy.
///
/// Sampler: a `Langevin`; a step size that changes is that of the first step
template <class Sampler>
class LastStepKl {
  static_assert(
      requires(const Sampler& sampler) {
        typename Sampler::NoisePolicy;
        sampler.options();
      }, "LastStepKl goes through a step of a Langevin; here the sampler is another");

 public:
  static constexpr std::array<std::string_view, 1> part_names{"last_step_kl"};
  static constexpr bool wants_data = false, wants_slopes = true;

  explicit LastStepKl(const Sampler& sampler) : sampler_(sampler) {}

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using S = typename E::Input;
    using D = Dual<Pack<T>>;
    constexpr int size = free_size<S>;
    const auto& options = sampler_.options();
    const auto domain = sampler_.template domain<T>();
    const typename Sampler::template ClipPolicy<T> clip(options);
    const D step_size(static_cast<T>(Sampler::StepSizePolicy::size(options, 0)));

    block.tape.clear();
    Pack<T>* const x = block.tape.allocate(S::size);  // before the move
    std::copy_n(block.x, S::size, x);
    const auto add_noise = [&](Pack<T>* to, const auto& where) {
      Sampler::NoisePolicy::apply(
          kernels::elements_of(to), 0, size, kernels::Stay{}, static_cast<T>(options.noise),
          ChainDraws<T>(block.draws.rng.stream(Purpose::last_step), block.draws.first), 0, where);
    };
    Pack<T>* noise = nullptr;  // after the move
    if constexpr (Sampler::noise_is_last) {
      noise = block.tape.allocate(size);
      std::fill_n(noise, size, Pack<T>(T(0)));
      add_noise(noise, [](const auto& value) EBM_INLINE_LAMBDA { return value; });
    } else {
      add_noise(x, domain);
    }
    const auto before = block_slopes(energy, block.of_slopes->slopes, x);
    BatchResult result;
    result.score_of(block.role) = -block.share * sum_of_rows(block, before.energy);

    Pack<T>* const after = block.tape.allocate(S::size);
    Pack<T>* const along = block.tape.allocate(size);  // dx'/dg, then times dE(x')/dx
    std::copy_n(x, S::size, after);
    for (int i = 0; i < size; ++i) {
      const D slope(before.slopes[i], Pack<T>(T(1)));
      D moved = domain(fma(-step_size, clip(slope), D(x[i])));
      if constexpr (Sampler::noise_is_last) moved = domain(moved + D(noise[i]));
      after[i] = moved.value;
      along[i] = moved.tangent;
    }
    const auto at_end = block_slopes(energy, block.of_slopes->slopes, after);
    for (int i = 0; i < size; ++i) along[i] *= at_end.slopes[i];
    add_gradient_along(
        energy, block.of_slopes->directions, x, [&](int i) { return along[i]; },
        in_rows(block, block.share));
    result.loss.total = result.loss.parts[0] = block.share * sum_of_rows(block, at_end.energy);
    return result;
  }

 private:
  Sampler sampler_;
};

}  // namespace ebm::inline EBM_ABI
