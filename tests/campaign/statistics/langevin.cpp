// SPDX-License-Identifier: MIT
// Samplers that reject nothing. Of a Gaussian, from one start, their states are normal after any
// number of steps, with means and variances that a recursion gives.
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <ebm/sampler/underdamped_langevin.hpp>

#include "gaussian_states.hpp"

namespace statistics {

namespace {

// Features of different scales and places, more of them than are drawn together.
constexpr int dimension = 6;
constexpr Normals<dimension> target{{0.5, -1, 0, 2, 0.25, -0.5}, {0.5, 1.5, 1, 3, 0.75, 0.625}};

/// Runs chains from one start, and compares their ends with `expected`.
template <class T, class K>
Outcome from_one_start(Turn& turn, const K& transition, double start, int steps,
                       const Normals<dimension>& expected) {
  const ebm::Gaussian<dimension> energy(target.mean, target.deviation);
  return turn
      .gather(GaussianStates<dimension>(),
              [&](GaussianStates<dimension>& to, std::uint64_t number) {
                ebm::Samples<T> x =
                    ebm::Samples<T>::Constant(chains_of_a_chunk, dimension, static_cast<T>(start));
                run_chains(transition, energy, x,
                           {.steps = steps,
                            .rng = ebm::Rng{turn.seed()},
                            .first_chain = number * chains_of_a_chunk});
                to.add(x, expected);
              },
              {.most = most_chunks})
      .outcome();
}

/// What `next(mean, variance, feature, step)` makes of a start in so many steps.
template <class Next>
Normals<dimension> after_steps(double start, int steps, const Next& next) {
  Normals<dimension> result{};
  for (std::size_t i = 0; i < target.mean.size(); ++i) {
    double mean = start, variance = 0;
    for (int step = 0; step < steps; ++step) next(mean, variance, i, step);
    result.mean[i] = mean;
    result.deviation[i] = std::sqrt(variance);
  }
  return result;
}

/// x - m <- a (x - m) with a = 1 - h / s^2, before or after noise is added.
template <bool NoiseIsLast, class StepSize, class T>
Outcome langevin(Turn& turn, int steps) {
  constexpr bool is_falling = std::same_as<StepSize, ebm::DecayingStep>;
  const ebm::LangevinOptions options{.step_size = 0.1875, .noise = 0.5};
  const auto next = [&](double& mean, double& variance, std::size_t i, int step) {
    const double s = target.deviation[i], m = target.mean[i];
    const double h = options.step_size * std::pow(1.0 + step, is_falling ? -0.55 : 0);
    const double a = 1 - h / (s * s);
    mean = m + a * (mean - m);
    const double noise = options.noise * options.noise;
    variance = NoiseIsLast ? a * a * variance + noise : a * a * (variance + noise);
  };
  using Order = std::conditional_t<NoiseIsLast, ebm::NoiseLast, ebm::NoiseFirst>;
  const ebm::Langevin<ebm::GaussianNoise, ebm::NoClip, ebm::Unbounded, StepSize, Order> sampler(
      options);
  return from_one_start<T>(turn, sampler, 1.5, steps, after_steps(1.5, steps, next));
}

/// Unadjusted Langevin of a unit Gaussian, for long: the variance is 1 / (1 - h / 2), and in the
/// tutorial's order (1 - h)^2 of that.
template <bool NoiseIsLast>
Outcome stationary_langevin(Turn& turn) {
  constexpr double h = 0.125;
  constexpr int steps = 200;  // the start has decayed to (1 - h)^200 = 3e-12
  using Order = std::conditional_t<NoiseIsLast, ebm::NoiseLast, ebm::NoiseFirst>;
  const ebm::Langevin<ebm::GaussianNoise, ebm::NoClip, ebm::Unbounded, ebm::ConstantStep, Order>
      sampler({.step_size = h, .noise = std::sqrt(2 * h)});
  const double deviation = std::sqrt(1 / (1 - h / 2)) * (NoiseIsLast ? 1 : 1 - h);
  return turn
      .gather(GaussianStates<1>(),
              [&](GaussianStates<1>& to, std::uint64_t number) {
                ebm::Samples<float> x = ebm::Samples<float>::Zero(chains_of_a_chunk, 1);
                run_chains(sampler, ebm::Gaussian<1>(), x,
                           {.steps = steps,
                            .rng = ebm::Rng{turn.seed()},
                            .first_chain = number * chains_of_a_chunk});
                to.add(x, {{0}, {deviation}});
              },
              {.most = most_chunks})
      .outcome();
}

/// Two steps of the tutorial's sampler, its box and its clip, of N(0.7, 1) from 0.2.
///
/// With y = clamp(x + noise z) and f(y) = y - h clip(y - 0.7), which rises within the box,
/// P(f(y_2) <= f(w)) = E F((w - f(y_1)) / noise) for w in the box; y_1 is normal with what lies
/// beyond the walls on them.
Outcome tutorial_langevin(Turn& turn) {
  constexpr double mean = 0.7, start = 0.2;
  const ebm::LangevinOptions o{.step_size = 0.5, .noise = 0.5, .gradient_clip = 0.375};
  const auto move = [&](double y) {
    return y - o.step_size * std::clamp(y - mean, -o.gradient_clip, o.gradient_clip);
  };
  const auto below = [&](double w) {
    const auto next = [&](double y) { return normal_cdf((w - move(y)) / o.noise); };
    const auto density = [&](double y) {
      const double z = (y - start) / o.noise;
      return std::exp(-z * z / 2) / (o.noise * std::sqrt(2 * 3.141592653589793));
    };
    double sum = next(o.low) * normal_cdf((o.low - start) / o.noise) +
                 next(o.high) * normal_cdf((start - o.high) / o.noise);
    constexpr int panels = 20000;  // of the midpoint rule
    const double width = (o.high - o.low) / panels;
    for (int i = 0; i < panels; ++i) {
      const double y = o.low + width * (i + 0.5);
      sum += next(y) * density(y) * width;
    }
    return sum;
  };
  // Cells of y_2; the walls are in the first and the last one.
  constexpr int cells = 50;
  std::vector<double> ends, probabilities;
  double before = 0;
  for (int i = 1; i <= cells; ++i) {
    const double w = o.low + (o.high - o.low) * i / cells, to = i == cells ? 1 : below(w);
    ends.push_back(i == cells ? 2 * o.high : move(w));
    probabilities.push_back(to - before);
    before = to;
  }
  const ebm::Langevin<> sampler(o);
  const ebm::Gaussian<1> energy({mean}, {1.0});
  const auto counts = turn.gather(
      Counts(cells),
      [&](Counts& to, std::uint64_t number) {
        ebm::Samples<float> x =
            ebm::Samples<float>::Constant(chains_of_a_chunk, 1, static_cast<float>(start));
        run_chains(
            sampler, energy, x,
            {.steps = 2, .rng = ebm::Rng{turn.seed()}, .first_chain = number * chains_of_a_chunk});
        for (const float value : x.reshaped()) {
          const auto cell = std::ranges::upper_bound(ends, static_cast<double>(value));
          ++to.at(static_cast<std::size_t>(cell - ends.begin()));
        }
      },
      {.most = most_chunks});
  return {.inputs = turn.chunks_done() * chains_of_a_chunk,
          .tests = {cells_test("cells of 1/25", counts, probabilities)}};
}

/// x and p of a harmonic oscillator under BAOAB: means, variances, covariance.
template <class T>
Outcome underdamped(Turn& turn) {
  constexpr double h = 0.5, friction = 0.75, start = 1.5;
  constexpr int steps = 12;
  const double kept = std::exp(-friction * h);
  Normals<dimension> expected{};
  for (std::size_t i = 0; i < target.mean.size(); ++i) {
    const double m = target.mean[i], stiffness = 1 / (target.deviation[i] * target.deviation[i]);
    double x = start - m, p = 0, xx = 0, xp = 0, pp = 1;  // p starts as N(0, 1)
    const auto kick = [&] {                               // p <- p + k x
      const double k = -h / 2 * stiffness;
      p += k * x;
      pp += 2 * k * xp + k * k * xx;
      xp += k * xx;
    };
    const auto drift = [&] {  // x <- x + k p
      constexpr double k = h / 2;
      x += k * p;
      xx += 2 * k * xp + k * k * pp;
      xp += k * pp;
    };
    for (int step = 0; step < steps; ++step) {
      kick();
      drift();
      p *= kept;
      xp *= kept;
      pp = kept * kept * pp + 1 - kept * kept;
      drift();
      kick();
    }
    expected.mean[i] = m + x;
    expected.deviation[i] = std::sqrt(xx);
  }
  const ebm::UnderdampedLangevin sampler({.step_size = h, .friction = friction});
  return from_one_start<T>(turn, sampler, start, steps, expected);
}

}  // namespace

std::vector<Row> langevin_rows() {
  const char* part = "samplers";
  using ebm::ConstantStep, ebm::DecayingStep;
  return {
      {part, "Langevin, noise last", 3,
       [](Turn& turn) { return langevin<true, ConstantStep, float>(turn, 10); }},
      {part, "Langevin, noise first", 3,
       [](Turn& turn) { return langevin<false, ConstantStep, float>(turn, 10); }},
      {part, "Langevin, falling steps", 2,
       [](Turn& turn) { return langevin<true, DecayingStep, float>(turn, 10); }},
      {part, "Langevin (double)", 2,
       [](Turn& turn) { return langevin<true, ConstantStep, double>(turn, 10); }},
      {part, "Langevin, noise last: stationary", 2, stationary_langevin<true>},
      {part, "Langevin, noise first: stationary", 2, stationary_langevin<false>},
      {part, "Langevin, box and clip", 2, tutorial_langevin},
      {part, "underdamped Langevin", 3, underdamped<float>},
      {part, "underdamped Langevin (double)", 2, underdamped<double>},
  };
}

}  // namespace statistics
