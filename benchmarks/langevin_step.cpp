// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/ebm.hpp>

#include "mnist/network.hpp"
#include "naive_network.hpp"

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

/// range(0): chains; range(1): threads
void langevin_step(benchmark::State& state) {
  const Model model(ebm::Rng{1});
  ebm::Threads executor(static_cast<int>(state.range(1)));
  ebm::Workspace<float> workspace;
  ebm::Samples<float> chains = noise_images(static_cast<int>(state.range(0)));
  // A run of several steps, as in use: chains go to their block and back once in a run.
  const ebm::Langevin sampler{{.steps = 10}};
  std::uint64_t first_chain = 0;
  for (auto _ : state) {
    sampler.run<float>(model, chains, first_chain, ebm::Rng{2}, executor, workspace);
    first_chain += static_cast<std::uint64_t>(chains.rows());
  }
  // Seconds of one step.
  state.counters["step"] =
      benchmark::Counter(sampler.options().steps, benchmark::Counter::kIsIterationInvariantRate |
                                                      benchmark::Counter::kInvert);
}
BENCHMARK(langevin_step)
    ->ArgNames({"batch", "threads"})
    ->ArgsProduct({{1, 16, 128, 1024}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
