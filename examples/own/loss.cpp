// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// A loss of one's own: the logistic loss of telling data from the model's samples by their score
/// f = -E, ln(1 + e^-f) of data and ln(1 + e^f) of samples.
struct Logistic {
  static constexpr std::array<std::string_view, 1> part_names{"logistic"};

  /// The share of a sample in the loss.
  [[nodiscard]] static LossValue term(double score, Role role) {
    const double value = std::log1p(std::exp(role == Role::data ? -score : score));
    return {.total = value, .parts = {value}};
  }
  /// d term / d score.
  [[nodiscard]] static double slope(double score, Role role) {
    const double sign = role == Role::data ? -1 : 1;
    return sign / (1 + std::exp(-sign * score));
  }
};

static_assert(ScoreLoss<Logistic>);

int main() {
  // Data near 0.5; the chains wander in [-1, 1].
  const Samples<float> data = (0.05f * Samples<float>::Random(512, 1)).array() + 0.5f;
  Neural<Sequential<Shape<1>, Linear<16>, Swish, Linear<1>>> energy(Rng{1});
  Trainer trainer(energy, Recipe{.sampler = Langevin{{.step_size = 0.01, .noise = 0.1}},
                                 .steps = 10,
                                 .loss = Logistic{} + 0.01 * ContrastiveDivergence{},
                                 .optimizer = Adam{{.learning_rate = 1e-2}},
                                 .epochs = 20,
                                 .batch = 64});
  trainer.fit(data);
  const Samples<float> where{{0.5f}, {-0.5f}};
  const Eigen::VectorXf e = energies(energy, where);
  std::printf("E(0.5) = %.2f, E(-0.5) = %.2f\n", e[0], e[1]);
  return e[0] < e[1] ? 0 : 1;
}
