// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/ebm.hpp>

#include "rates.hpp"
#include "support/random_samples.hpp"
#include "tutorial_network.hpp"

/// Energies of many images, and the gradient of one: what a detector does with a trained model.
/// Their values are checked in langevin_step.cpp.
namespace {

using Model = ebm::Neural<ebm_mnist::Network>;
constexpr int pixels = ebm_mnist::Network::Input::size;

/// range(0): images; range(1): threads
void scoring(benchmark::State& state) {
  const Model model(ebm::Rng{1});
  const int images = static_cast<int>(state.range(0));
  ebm::Threads executor(static_cast<int>(state.range(1)));
  const auto batch = random_samples<float>(images, pixels, 1);
  for (auto _ : state) {
    auto energies = ebm::energies(model, batch, executor);
    benchmark::DoNotOptimize(energies.data());
  }
  rates::count_things(state, "images", images);
}
BENCHMARK(scoring)
    ->ArgNames({"batch", "threads"})
    ->ArgsProduct({{1, 128, 1024}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// range(0): images
void gradient(benchmark::State& state) {
  const Model model(ebm::Rng{1});
  const int images = static_cast<int>(state.range(0));
  const auto batch = random_samples<float>(images, pixels, 1);
  for (auto _ : state) {
    auto gradients = ebm::energy_gradients(model, batch);
    benchmark::DoNotOptimize(gradients.data());
  }
  rates::count_things(state, "gradients", images);
}
BENCHMARK(gradient)->ArgName("batch")->Arg(1)->Arg(16)->UseRealTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
