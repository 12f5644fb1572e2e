// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/ebm.hpp>
#include <optional>

#include "naive_network.hpp"
#include "rates.hpp"
#include "support/random_samples.hpp"
#include "tutorial_network.hpp"

/// A training iteration of the tutorial: 60 Langevin steps of 128 chains, then the loss of 128
/// images and those chains, its gradient, its clip and Adam.
namespace {

using Model = ebm::Neural<ebm_mnist::Network>;
constexpr int pixels = ebm_mnist::Network::Input::size;

TEST_CASE("along the loss's gradient the loss changes by the gradient's squared norm") {
  Model model(ebm::Rng{1});
  const auto data = random_samples<float>(3, pixels, 1),
             chains = random_samples<float>(3, pixels, 2);
  std::vector<float> gradient(model.parameters().size());
  ebm::Serial executor;
  const ebm::ContrastiveDivergence<> loss;
  ebm::LossGradient<float>{}(model, loss, data, chains, executor, gradient);
  double norm = 0;
  for (const float g : gradient) norm += static_cast<double>(g) * g;
  norm = std::sqrt(norm);

  const auto loss_at = [&](double step) {
    std::vector<double> moved(gradient.size());
    for (std::size_t i = 0; i < moved.size(); ++i) {
      moved[i] = model.parameters()[i] + step * gradient[i] / norm;
    }
    const naive::Network network(moved);
    double total = 0;
    for (int i = 0; i < 3; ++i) {
      const auto score = [&](const auto& image) {
        return network.score(naive::Image(image.begin(), image.end()));
      };
      total += loss.term(score(data.row(i)), ebm::Role::data).total / 3;
      total += loss.term(score(chains.row(i)), ebm::Role::model).total / 3;
    }
    return total;
  };
  const double h = 1e-4;
  CHECK((loss_at(h) - loss_at(-h)) / (2 * h) == doctest::Approx(norm).epsilon(1e-4));
}

/// Hands the times of the trainer's iterations on, but that of the first, which allocates.
struct Timer {
  benchmark::State& state;
  rates::Peak& peak;

  template <class Trainer>
  void on_batch(Trainer& trainer, const ebm::BatchReport& report) {
    peak.measure();
    if (report.iteration == 1) return;
    if (state.KeepRunning()) {
      state.SetIterationTime(report.seconds);
    } else {
      trainer.stop();
    }
  }
};

/// range(0): threads
void training_iteration(benchmark::State& state) {
  Model model(ebm::Rng{1});
  const int threads = static_cast<int>(state.range(0));
  ebm::Threads executor(threads);
  const ebm::Recipe<> recipe{.epochs = 1'000'000};
  ebm::Trainer trainer(model, recipe, executor);
  rates::Peak peak(threads);
  trainer.fit(random_samples<float>(10 * recipe.batch, pixels, 1), Timer{state, peak});

  // 60 steps forward and back; data and chains forward, back to the inputs of the second layer, and
  // back to the parameters.
  const double passes = 2.0 * recipe.steps + 2 * 3;
  peak.count_operations(state, 2.0 * passes * ebm_mnist::Network::multiply_adds * recipe.batch);
}
BENCHMARK(training_iteration)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
