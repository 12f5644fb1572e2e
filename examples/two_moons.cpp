// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>
#include <random>

/// Learns the energy of two half moons and tells samples of them from points anywhere else.
using namespace ebm;
using Network = Sequential<Shape<2>, Linear<64>, Swish, Linear<64>, Swish, Linear<1>>;

Samples<float> two_moons(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> angle(0, 3.14159265);
  std::normal_distribution<double> noise(0, 0.05);
  Samples<float> points(count, 2);
  for (int i = 0; i < count; ++i) {
    const double a = angle(random), side = i % 2 == 0 ? 1 : -1;
    points(i, 0) = static_cast<float>(side * (std::cos(a) - 0.5) + noise(random));
    points(i, 1) = static_cast<float>(side * (std::sin(a) - 0.25) + noise(random));
  }
  return points;
}

int main() {
  Neural<Network> energy(Rng{1});
  Trainer trainer(
      energy,
      Recipe{.sampler =
                 Langevin{
                     {.step_size = 0.01, .noise = 0.14, .gradient_clip = 10, .low = -2, .high = 2}},
             .steps = 20,
             .loss = ContrastiveDivergence{{.alpha = 0.01}},
             .optimizer = Adam{{.learning_rate = 1e-2}},
             .gradient_clip = GlobalNormClip{10},
             .schedule = StepDecay{{.gamma = 0.9}},
             .epochs = 40});
  trainer.fit(two_moons(8192, 1));

  // The share of pairs (moon, anywhere) in which the moon has the lower energy: the AUROC. The
  // moons' own density would reach 0.96, since some points anywhere lie on a moon.
  const Eigen::VectorXf moons = energies(energy, two_moons(1000, 2));
  const Samples<float> points = 2 * Samples<float>::Random(1000, 2);
  const Eigen::VectorXf anywhere = energies(energy, points);
  double wins = 0;
  for (const float e : moons) wins += static_cast<double>((anywhere.array() > e).count());
  const double auroc = wins / 1e6;
  std::printf("AUROC of the energy, moons against anywhere in [-2, 2]^2: %.3f\n", auroc);
  return auroc > 0.93 ? 0 : 1;
}
