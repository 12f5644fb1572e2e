// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// Starts of one's own: data that are shrunk towards the middle, and the more so the earlier the
/// iteration, so that chains have a long way first and a short one at the end.
struct FromShrunkData {
  double rate = 0.01;  ///< of the way, an iteration

  /// What a training keeps of its chains: how many iterations there were.
  template <class T>
  struct Chains {
    double rate;

    void begin(SamplesRef<T> chains, const ConstSamplesRef<T>& data, Rng,
               std::uint64_t iteration) const {
      const double share = 1 - std::exp(-rate * static_cast<double>(iteration));
      chains = static_cast<T>(share) * data;
    }
    static void end(const ConstSamplesRef<T>&) {}  // where chains end is forgotten
    [[nodiscard]] static State state() { return {}; }
    static void restore(const State&) {}
  };

  template <class T>
  [[nodiscard]] Chains<T> for_chains(int, int, int) const {
    return {rate};
  }
};

static_assert(StartPolicy<FromShrunkData>);

int main() {
  const Samples<float> data = (0.05f * Samples<float>::Random(512, 1)).array() + 0.5f;
  Neural<Sequential<Shape<1>, Linear<16>, Swish, Linear<1>>> energy(Rng{1});
  Trainer trainer(energy, Recipe{.sampler = Langevin{{.step_size = 0.01, .noise = 0.1}},
                                 .steps = 10,
                                 .starts = FromShrunkData{},
                                 .optimizer = Adam{{.learning_rate = 1e-2}},
                                 .epochs = 20,
                                 .batch = 64});
  trainer.fit(data);
  const Samples<float> where{{0.5f}, {0.0f}};
  const Eigen::VectorXf e = energies(energy, where);
  std::printf("E(0.5) = %.2f, E(0) = %.2f\n", e[0], e[1]);
  return e[0] < e[1] ? 0 : 1;
}
