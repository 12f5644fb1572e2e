// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ebm/ebm.hpp>
#include <iterator>
#include <string>
#include <vector>

#include "densities.hpp"
#include "landscape.hpp"

/// The ways in which `main.cpp` learns a density, and what each of them comes to.
namespace plane_densities {

/// The same layers for all ways: E(x), and E(x, s) for data with noise of deviation s.
using Network = ebm::Sequential<ebm::Shape<2>, ebm::Linear<64>, ebm::Swish, ebm::Linear<64>,
                                ebm::Swish, ebm::Linear<64>, ebm::Swish, ebm::Linear<1>>;
using LevelNetwork =
    ebm::Sequential<ebm::Conditioned<ebm::Shape<2>, ebm::Shape<ebm::LevelFeatures::size>>,
                    ebm::Linear<64>, ebm::AddCondition, ebm::Swish, ebm::Linear<64>,
                    ebm::AddCondition, ebm::Swish, ebm::Linear<64>, ebm::AddCondition, ebm::Swish,
                    ebm::Linear<1>>;

/// Where the chains of training stay, and over which energies are normalised.
inline constexpr ebm::BoxGrid box{.low = -6, .high = 6, .cells = 400};

/// What a panel shows, a pixel a cell.
inline constexpr ebm::BoxGrid view{.low = -5, .high = 5, .cells = 110};

/// What all seeds are judged by.
template <class Density>
ebm::Samples<float> test_data() {
  return draw<Density>(4096, ebm::Rng{0}, 1);
}

/// What all ways of one contest learn from and are judged by.
struct Contest {
  ebm::Rng rng;
  double share = 1;       ///< of the iterations, > 0
  bool is_shown = false;  ///< whether there is to be a panel
  ebm::Samples<float> data, test;
};

/// What a way has come to.
struct Outcome {
  std::string way;
  double seconds = 0;           ///< of the training; 0: the model is that of the outcome before
  double log_likelihood = 0;    ///< mean over the test data, in nats
  ebm::Samples<float> panel{};  ///< its energy and samples of it, where they are to be shown
};

/// The recipe of all ways. Chains, which contrastive divergence alone runs, have temperature 1:
/// noise = sqrt(2 step_size).
template <class Loss>
auto recipe(const Loss& loss, int iterations, const Contest& contest) {
  constexpr int batch = 64;
  constexpr double step_size = 0.01;
  const int of_epoch = static_cast<int>(contest.data.rows()) / batch;
  const int epochs = (iterations + of_epoch - 1) / of_epoch;
  return ebm::Recipe{.sampler = ebm::Langevin{{.step_size = step_size,
                                               .noise = std::sqrt(2 * step_size),
                                               .gradient_clip = 20,
                                               .low = box.low,
                                               .high = box.high}},
                     .steps = 40,
                     .starts = ebm::FromReplayBuffer{{.fresh = 0.01}},
                     .loss = loss,
                     .optimizer = ebm::Adam{{.learning_rate = 1e-2}},
                     .gradient_clip = ebm::GlobalNormClip{10},
                     .schedule = ebm::CosineDecay{{.final_factor = 0.01}},
                     .averaging = ebm::ExponentialAverage{{.decay = 0.99}},
                     .epochs = epochs,
                     .batch = batch,
                     .data_noise = 0,
                     .limit_batches = (iterations + epochs - 1) / epochs,
                     .rng = contest.rng};
}

/// Trains an energy on one thread and gives it the average of its parameters; result: seconds.
template <class E, class Loss>
double train(E& energy, const Loss& loss, int iterations, const Contest& contest) {
  using Clock = std::chrono::steady_clock;
  const auto wanted = static_cast<int>(std::lround(contest.share * iterations));
  ebm::Serial thread;
  ebm::Trainer trainer(energy, recipe(loss, std::max(1, wanted), contest), thread);
  const auto start = Clock::now();
  trainer.fit(contest.data);
  const std::chrono::duration<double> time = Clock::now() - start;
  energy.change_parameters(
      [&](auto p) { std::ranges::copy(trainer.model().parameters(), p.begin()); });
  return time.count();
}

/// Judges an energy by its log-likelihood; `draw` gives samples of it, if they are to be shown.
template <class E, class Draw>
Outcome judged(const char* way, double seconds, const E& energy, const Contest& contest,
               const Draw& draw) {
  const double log_partition = ebm::log_partition(energy, box);
  const Eigen::VectorXd scores = ebm::scores(energy, contest.test).template cast<double>();
  Outcome outcome{way, seconds, scores.mean() - log_partition};
  if (contest.is_shown) outcome.panel = landscape::panel(energy, draw(), view, 12);
  return outcome;
}

/// Samples in a panel.
inline constexpr int shown = 300;

/// Learns E(x).
template <class Loss>
Outcome learn(const char* way, const Loss& loss, int iterations, const Contest& contest) {
  ebm::Neural<Network> energy(contest.rng);
  const double seconds = train(energy, loss, iterations, contest);
  return judged(way, seconds, energy, contest, [&] {
    ebm::Samples<float> noise(shown, 2);
    ebm::fill_with_noise<float>(noise, contest.rng, 0, box.low, box.high);
    return ebm::chain_ends(ebm::Mala{{.step_size = 0.02}}, energy, noise,
                           {.steps = 300, .rng = contest.rng});
  });
}

/// Learns E(x, s) over noise levels; judged as E(x, low), and by the probability flow from low on.
inline std::vector<Outcome> learn_levels(double low, int iterations, const Contest& contest) {
  using namespace ebm;
  constexpr double high = 10;
  const DenoisingScoreMatching loss{
      LogLogisticLevels{{.median = 0.3, .spread = 0.6, .low = low, .high = high}}};
  NoiseConditional<LevelNetwork> energy({.deviation = 2, .gain = 1, .level = low}, contest.rng);
  const double seconds = train(energy, loss, iterations, contest);
  const auto levels = power_levels({.count = 64, .high = high, .low = low});
  const auto drawn = [&] {
    const auto noise = noise_at_level(energy, high, shown, contest.rng);
    return chain_ends(Annealed<>(levels), energy, noise, {.steps = 64, .rng = contest.rng});
  };
  return {judged("NoiseConditional, lowest level", seconds, energy, contest, drawn),
          {"  the same by log_likelihood", 0,
           log_likelihood(energy, contest.test, levels, {.probes = 0}).mean()}};
}

/// Learns a density in all ways, one after the other.
template <class Density>
std::vector<Outcome> learn_in_all_ways(ebm::Rng rng, double share, bool is_shown) {
  using namespace ebm;
  constexpr double noise = 0.1;
  const Contest contest{rng, share, is_shown, draw<Density>(16384, rng, 0), test_data<Density>()};
  const ContrastiveDivergence divergence{{.alpha = 0.01}};
  const auto around = NormalNoise<Shape<2>>::of(contest.data, 1.2);
  std::vector<Outcome> outcomes{
      learn("ContrastiveDivergence", divergence, 5120, contest),
      learn("  a tenth of its iterations", divergence, 512, contest),
      learn("ScoreMatching", ScoreMatching(), 1120, contest),
      learn("DenoisingScoreMatching", DenoisingScoreMatching{{.noise = noise}}, 3200, contest),
      learn("NoiseContrastive", NoiseContrastive(around), 3600, contest)};
  std::ranges::move(learn_levels(noise, 2400, contest), std::back_inserter(outcomes));
  return outcomes;
}

}  // namespace plane_densities
