// SPDX-License-Identifier: MIT
// The annealed sampler on noise-conditional energies of a Gaussian.
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/nn/add_condition.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/sampler/annealed.hpp>
#include <ebm/sampler/run_chains.hpp>

#include "gaussian_states.hpp"

namespace statistics {

namespace {

/// A noise-conditional energy whose network is 0 everywhere: that of data N(0.5, 0.36). A step is
/// linear, x - m <- f (x - m) + noise z with f = d + kept (1 - d), d = v / (s^2 + v).
template <class Step>
Outcome annealed(Turn& turn) {
  using Net = ebm::Sequential<ebm::Conditioned<ebm::Shape<5>, ebm::Shape<9>>, ebm::Linear<4>,
                              ebm::AddCondition, ebm::Swish, ebm::Linear<1>>;
  constexpr bool is_random = std::same_as<Step, ebm::Ancestral>;
  constexpr double mean = 0.5, variance = 0.36;
  ebm::NoiseConditional<Net, float> energy({.mean = mean, .deviation = 0.6});
  energy.change_parameters([](auto p) { std::ranges::fill(p, 0.0f); });
  const std::vector<double> levels{5, 3.5, 2.5, 1.75, 1.25, 0.75, 0.5, 0.25, 0.125};
  const ebm::Annealed<Step> sampler(levels);

  double reached = levels[0] * levels[0] + variance;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double s = levels[i], to_mean = variance / (s * s + variance);
    const double next = i + 1 < levels.size() ? levels[i + 1] : 0, ratio = next / s;
    const double kept = is_random ? ratio * ratio : ratio;
    const double noise = is_random ? next * std::sqrt(1 - ratio * ratio) : 0;
    const double factor = to_mean + kept * (1 - to_mean);
    reached = factor * factor * reached + noise * noise;
  }
  Normals<5> expected{};
  expected.mean.fill(mean);
  expected.deviation.fill(std::sqrt(reached));
  return turn
      .gather(GaussianStates<5>(),
              [&](GaussianStates<5>& to, std::uint64_t number) {
                const std::uint64_t first = number * chains_of_a_chunk;
                const ebm::Rng rng{turn.seed()};
                ebm::Samples<float> x = sampler.starts(energy, chains_of_a_chunk, rng, first);
                run_chains(sampler, energy, x,
                           {.steps = sampler.steps(), .rng = rng, .first_chain = first});
                to.add(x, expected);
              },
              {.most = most_chunks})
      .outcome();
}

}  // namespace

std::vector<Row> annealed_rows() {
  const char* part = "samplers";
  return {{part, "annealed, ancestral", 3, annealed<ebm::Ancestral>},
          {part, "annealed, deterministic", 2, annealed<ebm::Deterministic>}};
}

}  // namespace statistics
