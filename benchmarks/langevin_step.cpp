// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/ebm.hpp>

#include "naive_network.hpp"
#include "rates.hpp"
#include "tutorial_network.hpp"

/// One Langevin step of the tutorial's network: noise, clamp, gradient, clip, step, clamp.
namespace {

using Model = ebm::Neural<ebm_mnist::Network>;
constexpr int pixels = ebm_mnist::Network::Input::size;

ebm::Samples<float> noise_images(int count) {
  ebm::Samples<float> images(count, pixels);
  ebm::Sequence draws(ebm::Rng{7}.stream(ebm::Purpose::user));
  for (float& pixel : images.reshaped()) pixel = static_cast<float>(2 * draws.uniform() - 1);
  return images;
}

TEST_CASE("scores and their slopes agree with loops over a network in double precision") {
  const Model model(ebm::Rng{1});
  const naive::Network reference(model.parameters());
  const ebm::Samples<float> images = noise_images(3);
  const Eigen::VectorXf energies = ebm::energies(model, images);
  const ebm::Samples<float> gradients = ebm::energy_gradients(model, images);
  for (int i = 0; i < images.rows(); ++i) {
    naive::Image image(images.row(i).begin(), images.row(i).end());
    CHECK(-energies[i] == doctest::Approx(reference.score(image)).epsilon(1e-5));

    // Along the gradient the energy changes by the gradient's squared norm.
    const double h = 1e-4, scale = gradients.row(i).norm();
    const auto moved = [&](double step) {
      naive::Image other = image;
      for (int k = 0; k < pixels; ++k) {
        other[static_cast<std::size_t>(k)] += step * gradients(i, k) / scale;
      }
      return -reference.score(other);
    };
    CHECK((moved(h) - moved(-h)) / (2 * h) == doctest::Approx(scale).epsilon(1e-4));
  }
}

/// The time is that of one step. range(0): chains; range(1): threads
void langevin_step(benchmark::State& state) {
  const Model model(ebm::Rng{1});
  const int batch = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(1));
  ebm::Threads executor(threads);
  ebm::Workspace<float> workspace;
  ebm::Samples<float> chains = noise_images(batch);
  // As in training: all steps of a run, in which chains go to their block and back once.
  const ebm::Langevin sampler;
  std::uint64_t first_chain = 0;
  rates::Peak peak(threads);
  constexpr int steps = 60;
  while (state.KeepRunningBatch(steps)) {
    ebm::run_chains(sampler, model, chains,
                    {.steps = steps, .rng = ebm::Rng{2}, .first_chain = first_chain}, executor,
                    workspace);
    first_chain += static_cast<std::uint64_t>(batch);
    peak.measure_beside(state);
  }
  // Forward and input gradient make as many multiply-adds each.
  peak.count_operations(state, 4.0 * ebm_mnist::Network::multiply_adds * batch);
}
BENCHMARK(langevin_step)
    ->ArgNames({"batch", "threads"})
    ->ArgsProduct({{1, 16, 128, 1024, 4096}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
