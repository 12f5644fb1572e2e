// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

constexpr int sensors = 6;
using Network = Sequential<Shape<sensors>, Linear<64>, Swish, Linear<64>, Swish, Linear<1>>;

/// Readings of a machine that has a load and a temperature, which all sensors see in their way; in
/// a broken one the third sensor sees another load than the rest.
Samples<float> readings(int count, bool is_broken, std::uint32_t seed) {
  Samples<float> all(count, sensors);
  Sequence draws(Rng{seed}.stream(Purpose::user));
  const auto uniform = [&] { return 2 * static_cast<float>(draws.uniform()) - 1; };
  for (auto row : all.rowwise()) {
    const float load = uniform(), heat = 0.7f * load + 0.3f * uniform();
    row << load, load * load, load, heat, heat - load, std::sin(3 * heat);
    if (is_broken) row[2] = uniform();
    for (float& value : row) value += 0.02f * uniform();
  }
  return all;
}

int main() {
  // 1. Normal readings only: what is broken is not known before.
  const Samples<float> normal = readings(8192, false, 1);
  Neural<Network> energy(Rng{1});
  Trainer trainer(energy, Recipe{.loss = DenoisingScoreMatching{{.noise = 0.1}},
                                 .optimizer = Adam{{.learning_rate = 3e-3, .beta1 = 0.9}},
                                 .gradient_clip = GlobalNormClip{10},
                                 .schedule = CosineDecay{},
                                 .epochs = 30,
                                 .batch = 128,
                                 .data_noise = 0});
  trainer.fit(normal);

  // 2. A threshold that one of 200 normal readings stays below, by readings of another day.
  const Eigen::VectorXf known = scores(energy, readings(8192, false, 2));
  std::vector<float> sorted(known.begin(), known.end());
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 200);
  std::ranges::nth_element(sorted, place);
  const float threshold = *place;

  // 3. Every reading as it comes: no memory is taken here.
  Scorer scorer(energy);
  const auto alarms = [&](const Samples<float>& stream) {
    int count = 0;
    for (Eigen::Index i = 0; i < stream.rows(); ++i) {
      if (scorer(sample_of(stream, i)) < threshold) ++count;
    }
    return 100.0 * count / static_cast<double>(stream.rows());
  };
  const double of_normal = alarms(readings(2000, false, 3)),
               of_broken = alarms(readings(2000, true, 4));
  std::printf("alarms: %.1f %% of normal readings, %.1f %% of a broken sensor's\n", of_normal,
              of_broken);
  return of_normal < 2 && of_broken > 60 ? 0 : 1;
}
