// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// An optimiser of one's own: steps of one size against the sign of a mean of gradients.
///
/// Source: Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023 (Lion), without
/// weight decay.
class Lion {
 public:
  explicit Lion(double learning_rate) : learning_rate_(learning_rate) {}

  [[nodiscard]] double learning_rate() const { return learning_rate_; }

  /// `rate` is the learning rate times the schedule's factor.
  void step(std::span<float> parameters, std::span<const float> gradient, double rate) {
    mean_.resize(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const float direction = 0.9f * mean_[i] + 0.1f * gradient[i];
      parameters[i] -=
          static_cast<float>(rate) * std::copysign(direction != 0 ? 1.0f : 0.0f, direction);
      mean_[i] = 0.99f * mean_[i] + 0.01f * gradient[i];
    }
  }

  // What an interrupted run needs to go on to the same bits.
  [[nodiscard]] State state() const {
    State state;
    state.put("count", static_cast<std::int64_t>(mean_.size()));
    state.put("mean", mean_);
    return state;
  }
  void restore(const State& state) {
    const auto mean =
        state.get<float>("mean", static_cast<std::size_t>(state.get<std::int64_t>("count")));
    mean_.assign(mean.begin(), mean.end());
  }

 private:
  double learning_rate_;
  std::vector<float> mean_;
};

static_assert(Optimizer<Lion> && Stateful<Lion>);

int main() {
  // E = theta x^2 / 2 of normal data with variance 1 and noise 0.5: the best theta is 1 / 1.25.
  auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * square(x[0]) * 0.5f; },
      std::array{3.0f});
  const Samples<float> data =
      chain_ends(Hmc{{.step_size = 0.5, .leapfrog_steps = 5}}, Gaussian<1>(),
                 Samples<float>::Zero(4096, 1), {.steps = 20});
  Trainer trainer(energy, Recipe{.loss = DenoisingScoreMatching{{.noise = 0.5}},
                                 .optimizer = Lion{0.02},
                                 .schedule = CosineDecay{},
                                 .epochs = 10,
                                 .data_noise = 0});
  trainer.fit(data);
  std::printf("theta = %.3f of 0.8\n", static_cast<double>(energy.parameters()[0]));
  return std::abs(energy.parameters()[0] - 0.8f) < 0.06f ? 0 : 1;
}
