// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <cmath>
#include <ebm/random/normal.hpp>

#include "rates.hpp"

/// Standard normal draws: eight elements for each of 16 chains at a time, as a Langevin step takes
/// them.
namespace {

using namespace ebm;

TEST_CASE("normal draws are Box and Muller's formula in double precision") {
  const ChainDraws<float> draws({1, 2}, 3);
  for (std::uint32_t group = 0; group < 100; group += 2) {
    const auto normals = draws.normal<2>(5, group);
    for (std::size_t pair = 0; pair < 4; ++pair) {
      const auto words = draws.words(5, group + static_cast<std::uint32_t>(pair / 2));
      for (int lane = 0; lane < lanes; ++lane) {
        const double u = (0.5 + (words[2 * (pair % 2)].lane(lane) >> 1)) * 0x1p-31;
        const double radius = std::sqrt(-2 * std::log(u));
        const double angle = 6.283185307179586477 * 0x1p-32 * words[2 * (pair % 2) + 1].lane(lane);
        CHECK(std::abs(normals[2 * pair].lane(lane) - radius * std::cos(angle)) < 2e-6);
        CHECK(std::abs(normals[2 * pair + 1].lane(lane) - radius * std::sin(angle)) < 2e-6);
      }
    }
  }
}

void normals(benchmark::State& state) {
  const ChainDraws<float> draws({1, 2}, 0);
  std::uint32_t group = 0;
  for (auto _ : state) {
    auto values = draws.normal<2>(0, group);
    benchmark::DoNotOptimize(values);
    group += 2;
  }
  rates::count_things(state, "normals", 8 * lanes);
}
BENCHMARK(normals);

}  // namespace
