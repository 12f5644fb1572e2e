// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace ebm;

namespace {

// Each statistical check below would fail for one seed in 10^6 if the draws were perfect: then it
// is 4.9 standard deviations, or the quantile that is named beside it.
constexpr double deviations = 4.9;
constexpr double pi = 3.14159265358979323846;

const PhiloxKey key = Rng{2024}.stream(Purpose::user);

constexpr int blocks = 4, chains = blocks * lanes, steps = 32, elements = 512;
constexpr int total = chains * steps * elements;

/// Normal draws as [chain][step][element].
class Draws {
 public:
  template <class T>
  static Draws normal() {
    Draws draws;
    for (int block = 0; block < blocks; ++block) {
      const ChainDraws<T> source(key, static_cast<std::uint64_t>(block * lanes));
      for (int step = 0; step < steps; ++step) {
        for (int group = 0; group < elements / 4; ++group) {
          const auto z =
              source.normal(static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(group));
          for (int i = 0; i < 4; ++i) {
            alignas(Pack<T>) T values[lanes];
            z[static_cast<std::size_t>(i)].store(values);
            for (int lane = 0; lane < lanes; ++lane) {
              draws.values[index(block * lanes + lane, step, 4 * group + i)] =
                  static_cast<double>(values[lane]);
            }
          }
        }
      }
    }
    return draws;
  }

  /// The mean of f(z) over all draws.
  template <class F>
  [[nodiscard]] double mean(const F& f) const {
    double sum = 0;
    for (const double z : values) sum += f(z);
    return sum / total;
  }

  /// The mean of f(z, z') over all pairs so many chains, steps and elements apart, in units of the
  /// standard deviation that the mean has if f(z, z') has variance 1.
  template <class F>
  [[nodiscard]] double pair_score(int chain_lag, int step_lag, int element_lag, const F& f) const {
    double sum = 0;
    int pairs = 0;
    for (int chain = chain_lag; chain < chains; ++chain) {
      for (int step = step_lag; step < steps; ++step) {
        for (int element = element_lag; element < elements; ++element, ++pairs) {
          sum += f(values[index(chain, step, element)],
                   values[index(chain - chain_lag, step - step_lag, element - element_lag)]);
        }
      }
    }
    return sum / std::sqrt(pairs);
  }

  std::vector<double> values = std::vector<double>(total);

 private:
  static std::size_t index(int chain, int step, int element) {
    return static_cast<std::size_t>((chain * steps + step) * elements + element);
  }
};

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

}  // namespace

TEMPLATE_TEST_CASE("normal draws have the moments of a normal distribution", "", float, double) {
  const auto draws = Draws::normal<TestType>();
  const double unit = deviations / std::sqrt(total);
  // z^k has variance E z^2k - (E z^k)^2.
  CHECK(std::abs(draws.mean([](double z) { return z; })) < unit);
  CHECK(std::abs(draws.mean([](double z) { return z * z; }) - 1) < unit * std::sqrt(2));
  CHECK(std::abs(draws.mean([](double z) { return z * z * z; })) < unit * std::sqrt(15));
  CHECK(std::abs(draws.mean([](double z) { return z * z * z * z; }) - 3) < unit * std::sqrt(96));
}

TEMPLATE_TEST_CASE("normal draws have the tails of a normal distribution on both sides", "", float,
                   double) {
  const auto draws = Draws::normal<TestType>();
  for (const double sigmas : {2.0, 3.0, 4.0}) {
    CAPTURE(sigmas);
    const double p = normal_cdf(-sigmas);
    const double margin = deviations * std::sqrt(p * (1 - p) / total);
    CHECK(std::abs(draws.mean([&](double z) { return z < -sigmas; }) - p) < margin);
    CHECK(std::abs(draws.mean([&](double z) { return z > sigmas; }) - p) < margin);
  }
}

TEMPLATE_TEST_CASE("normal draws pass the test of Kolmogorov and Smirnov", "", float, double) {
  auto draws = Draws::normal<TestType>();
  std::ranges::sort(draws.values);
  double distance = 0;
  for (int i = 0; i < total; ++i) {
    const double p = normal_cdf(draws.values[static_cast<std::size_t>(i)]);
    distance = std::max({distance, p - double(i) / total, double(i + 1) / total - p});
  }
  CHECK(distance * std::sqrt(total) < 2.7);  // 2 exp(-2 * 2.7^2) = 10^-6
}

TEST_CASE("draws of neighbouring elements, steps and chains are uncorrelated, and so are squares") {
  const auto draws = Draws::normal<float>();
  const auto product = [](double a, double b) { return a * b; };
  const auto squares = [](double a, double b) { return (a * a - 1) * (b * b - 1) / 2; };
  // Elements 4g and 4g + 1, 4g + 2 and 4g + 3 are the two results of one transform.
  for (const auto& [chain, step, element] :
       {std::array{0, 0, 1}, std::array{0, 0, 2}, std::array{0, 0, 4}, std::array{0, 1, 0},
        std::array{1, 0, 0}, std::array{lanes, 0, 0}}) {
    CAPTURE(chain, step, element);
    CHECK(std::abs(draws.pair_score(chain, step, element, product)) < deviations);
    CHECK(std::abs(draws.pair_score(chain, step, element, squares)) < deviations);
  }
}

TEMPLATE_TEST_CASE("the two draws of a pair are Box and Muller's cosine and sine", "", float,
                   double) {
  using T = TestType;
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  Sequence words(key, 1);
  std::vector<std::uint32_t> angles{0, 1, 0xffffffffu};
  for (std::uint32_t eighth = 1; eighth < 8; ++eighth) {  // where quadrants meet
    for (const std::uint32_t offset : {0xffffffffu, 0u, 1u}) {
      angles.push_back((eighth << 29) + offset);
    }
  }
  while (angles.size() < 1000) angles.push_back(words());
  for (const std::uint32_t angle : angles) {
    const std::uint32_t radius_word = words();
    CAPTURE(angle, radius_word);
    const auto z = box_muller<T>(Pack<std::uint32_t>(radius_word), Pack<std::uint32_t>(angle));
    const double u = (static_cast<double>(radius_word >> 1) + 0.5) * 0x1p-31;
    const double radius = std::sqrt(-2 * std::log(u)), turn = 2 * pi * angle * 0x1p-32;
    // The uniform number is rounded to T before its logarithm is taken: d radius = du / (u radius).
    const double tolerance = (4 * radius + 2 / radius) * epsilon;
    CHECK(std::abs(static_cast<double>(z[0].lane(2)) - radius * std::cos(turn)) < tolerance);
    CHECK(std::abs(static_cast<double>(z[1].lane(2)) - radius * std::sin(turn)) < tolerance);
  }
}

TEST_CASE("the extreme words give finite normals within the documented bound") {
  const auto radius = [](std::uint32_t word) {
    return box_muller<float>(Pack<std::uint32_t>(word), Pack<std::uint32_t>(0u))[0].lane(0);
  };
  CHECK(radius(0) == Approx(std::sqrt(64 * std::log(2.0))));
  CHECK(radius(0) <= 6.67f);
  CHECK(std::abs(radius(0xffffffffu)) < 1e-3f);
}

TEMPLATE_TEST_CASE("uniform draws stay in their interval and fill it evenly", "", float, double) {
  using T = TestType;
  using Words = Pack<std::uint32_t>;
  CHECK(uniform_symmetric<T>(Words(0u)).lane(0) == -1);
  CHECK(uniform_symmetric<T>(Words(0xffffffffu)).lane(0) == static_cast<T>(1 - 0x1p-23));
  CHECK(uniform_open<T>(Words(0u)).lane(0) == T(0x1p-32));
  CHECK(uniform_open<T>(Words(0xffffffffu)).lane(0) <= 1);
  CHECK(uniform_open<T>(Words(0xffffffffu)).lane(0) > T(0.999999));

  const ChainDraws<T> source(key, 0);
  double mean = 0, square = 0;
  constexpr int groups = 10000, draws = groups * 4 * lanes;
  for (std::uint32_t group = 0; group < groups; ++group) {
    for (const auto& pack : source.uniform(0, group)) {
      alignas(Pack<T>) T values[lanes];
      pack.store(values);
      for (const T value : values) {
        const double u = static_cast<double>(value);
        mean += u / draws;
        square += u * u / draws;
      }
    }
  }
  CHECK(std::abs(mean) < deviations * std::sqrt(1.0 / 3 / draws));
  CHECK(std::abs(square - 1.0 / 3) < deviations * std::sqrt(4.0 / 45 / draws));
}

TEST_CASE("a chain's draws depend on its id alone, not on its lane or block") {
  constexpr std::uint64_t first = 1000;
  const ChainDraws<float> block(key, first);
  for (int lane = 0; lane < lanes; ++lane) {
    const auto chain = first + static_cast<std::uint64_t>(lane);
    const ChainDraws<float> shifted(key, chain - 3);  // lane 3
    const ChainDraws<float, 1> alone(key, chain);
    for (const std::uint32_t group : {0u, 77u}) {
      const auto expected = block.normal(5, group);
      for (std::size_t i = 0; i < 4; ++i) {
        CHECK(shifted.normal(5, group)[i].lane(3) == expected[i].lane(lane));
        CHECK(alone.normal(5, group)[i].lane(0) == expected[i].lane(lane));
        CHECK(alone.uniform(5, group)[i].lane(0) == block.uniform(5, group)[i].lane(lane));
      }
    }
  }
}

TEST_CASE("chain ids beyond 32 bits are told apart from their lower halves") {
  constexpr std::uint64_t border = std::uint64_t{1} << 32;
  const ChainDraws<float> block(key, border - 5);
  const auto words = block.words(8, 9);
  for (int lane = 0; lane < lanes; ++lane) {
    const std::uint64_t chain = border - 5 + static_cast<std::uint64_t>(lane);
    const auto expected =
        philox(std::array<std::uint32_t, 4>{static_cast<std::uint32_t>(chain),
                                            static_cast<std::uint32_t>(chain >> 32), 8, 9},
               key);
    for (std::size_t i = 0; i < 4; ++i) CHECK(words[i].lane(lane) == expected[i]);
  }
  CHECK(words[0].lane(5) != ChainDraws<float>(key, 0).words(8, 9)[0].lane(0));
}
