// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>
#include <string>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/judged.hpp"

using namespace ebm;

namespace {

/// The network of `NoiseConditional` for which PyTorch has computed losses, parameters as in
/// `reference_energy`.
using OfLevel =
    Sequential<Conditioned<Shape<2>, Shape<9>>, Linear<3>, AddCondition, Swish, Linear<1>>;

/// Checks a loss of `reference_samples` against the tensors `name`/... of losses.safetensors.
template <class E, class L>
void check(const std::string& name, const E& energy, const L& loss) {
  static const Golden golden("losses.safetensors");
  INFO(name);
  const auto x = reference_samples();
  const auto result = judged(energy, loss, x, no_samples(x));
  CHECK(result.result.loss.total ==
        Approx(golden.values<double>(name + "/loss")[0]).epsilon(1e-12));
  CHECK(relative_error(result.gradient, golden.values<double>(name + "/gradient")) < 1e-10);
}

}  // namespace

TEST_CASE("losses that draw, and their gradients, are PyTorch's by the same draws") {
  const auto energy = reference_energy();
  check("denoising_score_matching", energy, DenoisingScoreMatching({.noise = 0.3}));
  check("sliced_score_matching_exact_square", energy, SlicedScoreMatching({.projections = 2}));
  check("sliced_score_matching", energy,
        SlicedScoreMatching<NormalDirections, SquareAlongDirection>({.projections = 3}));
  check("energy_matching_independent", energy, EnergyMatching<IndependentCoupling>({.noise = 0.7}));
  check("energy_matching_optimal", energy, EnergyMatching({.noise = 0.7}));
  check("noise_contrastive", energy,
        NoiseContrastive(NormalNoise<Shape<2>>({0.1, -0.2}, {0.8, 1.3}), {.noise_samples = 2}));

  NoiseConditional<OfLevel, double> of_level({.mean = 0.1, .deviation = 0.6, .gain = 2});
  of_level.change_parameters(set_reference_parameters);
  check("denoising_score_matching_over_levels", of_level,
        DenoisingScoreMatching(LogLogisticLevels{}));
}
