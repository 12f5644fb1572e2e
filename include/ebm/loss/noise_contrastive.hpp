// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/loss/contrastive_noise.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `NoiseContrastive`.
struct NoiseContrastiveOptions {
  int noise_samples = 1;  ///< for each of the data, nu >= 1
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Noise-contrastive estimation: the logistic regression that tells data from noise of a known
/// density p_n, with the log odds of the model itself,
///
///     G(u) = -E(u) - ln p_n(u) - ln nu,
///     mean over data x of ln(1 + e^-G(x)) + nu mean over noise y of ln(1 + e^G(y))
///
/// At its minimum exp(-E) is the density of data, normalised: ln Z is learned as part of E, which
/// needs a constant that is trained, such as the bias of a network's last layer. No chains are run.
/// Noise that lies far from the data makes an estimate that varies much. Conditions of noise
/// samples are those of the data; exp(-E) is then normalised for each condition.
///
/// Source: Gutmann and Hyvarinen, "Noise-contrastive estimation", 2010, eq. 3, times -2, for
/// nu = 1; for more noise than data the same authors, JMLR 2012.
template <class Noise>
class NoiseContrastive {
 public:
  static constexpr std::array<std::string_view, 2> part_names{"contrast_data", "contrast_noise"};
  static constexpr bool wants_chains = false;

  /// Throws `InvalidArgument` unless noise_samples is >= 1.
  explicit NoiseContrastive(Noise noise, const NoiseContrastiveOptions& options = {})
      : noise_(std::move(noise)), options_(options) {
    require(options.noise_samples >= 1, "NoiseContrastive: noise_samples must be >= 1, got ",
            options.noise_samples);
    log_ratio_ = detail::log_of(options.noise_samples);
  }

  /// See `BlockLoss`; throws `InvalidArgument` for data where the noise has no density.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using S = typename E::Input;
    static_assert(
        std::same_as<S, typename Noise::Input>,
        "NoiseContrastive draws noise of the shape of data; here the energy and the noise "
        "have two shapes");
    constexpr int size = Noise::size;
    BatchResult result;
    result.loss.parts[0] = tell_apart(energy, block, block.x, Role::data, &result.data_score);

    const ChainDraws<T> draws(block.draws.rng.stream(Purpose::contrast), block.draws.first);
    for (int i = 0; i < options_.noise_samples; ++i) {
      block.tape.clear();
      Pack<T>* const y = block.tape.allocate(S::size);
      noise_.draw(draws, static_cast<std::uint32_t>(i), y);
      std::copy(block.x + size, block.x + S::size, y + size);
      result.loss.parts[1] += tell_apart(energy, block, y, Role::model, nullptr);
    }
    result.loss.total = result.loss.parts[0] + result.loss.parts[1];
    return result;
  }

 private:
  /// The share in the loss of a block of data or, as `Role::model`, of noise.
  template <class E, class T>
  double tell_apart(const E& energy, const JudgedBlock<T>& block, const Pack<T>* u, Role role,
                    double* score) const {
    using P = Pack<T>;
    const P log_density = noise_.log_density(u);
    require(std::isfinite(sum_of_rows(block, log_density)),
            "NoiseContrastive: a data sample lies where the noise has no density: widen the noise");
    const auto value = energy(block.tape.template input<typename E::Input>(u));
    const P log_odds = -value.value() - log_density - P(static_cast<T>(log_ratio_));
    const P mistake = role == Role::data ? -log_odds : log_odds;
    const P slope = role == Role::data ? sigmoid(mistake) : -sigmoid(mistake);  // by E
    block.tape.backward(value, slope * in_rows(block, block.share));
    if (score != nullptr) *score = -block.share * sum_of_rows(block, value.value());
    return block.share * sum_of_rows(block, softplus(mistake));
  }

  Noise noise_;
  NoiseContrastiveOptions options_;
  double log_ratio_;
};

static_assert(Loss<NoiseContrastive<NormalNoise<Shape<2>>>>);

}  // namespace ebm::inline EBM_ABI
