// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// A callback of one's own: the AUROC of held-out data against uniform noise after each epoch, as a
/// metric that others watch.
class OutlierAuroc {
 public:
  OutlierAuroc(const Samples<float>& data, const Samples<float>& noise)
      : data_(&data), noise_(&noise) {}

  /// Said before the first iteration: what is set here, and what is needed of callbacks in front.
  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {"auroc"}, .needs = {}};
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, EpochReport& report) const {
    const auto score = [&](const Samples<float>& x) {
      const Eigen::VectorXf f = scores(trainer.model(), x, trainer.executor());
      return std::vector<double>(f.begin(), f.end());
    };
    report.metrics.set("auroc", auroc(score(*data_), score(*noise_)).value);
  }

 private:
  const Samples<float>* data_;  // these outlive the callback
  const Samples<float>* noise_;
};

int main() {
  const Samples<float> data = (0.05f * Samples<float>::Random(512, 2)).array() + 0.5f;
  const Samples<float> noise = uniform_noise(512, 2, Rng{2});
  Neural<Sequential<Shape<2>, Linear<32>, Swish, Linear<1>>> energy(Rng{1});
  Trainer trainer(energy, Recipe{.sampler = Langevin{{.step_size = 0.01, .noise = 0.1}},
                                 .steps = 10,
                                 .optimizer = Adam{{.learning_rate = 1e-2}},
                                 .epochs = 30,
                                 .batch = 64});
  double last = 0;
  trainer.fit(data, OutlierAuroc(data, noise),
              EarlyStop({.monitor = {"auroc", Better::higher}, .patience = 5}),
              [&](const EpochReport& report) { last = report.metrics.at("auroc"); });
  std::printf("%d epochs, AUROC %.3f\n", trainer.position().epoch - 1, last);
  return last > 0.85 ? 0 : 1;
}
