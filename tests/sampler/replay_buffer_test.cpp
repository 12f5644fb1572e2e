// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <deque>
#include <ebm/sampler/replay_buffer.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::InvalidArgument;
using ebm::ReplayBuffer;
using ebm::Rng;
using ebm::Samples;

Samples<float> numbered(int count, float first) {
  Samples<float> samples(count, 1);
  for (int i = 0; i < count; ++i) samples(i, 0) = first + static_cast<float>(i);
  return samples;
}

}  // namespace

TEST_CASE("the buffer holds what a deque with a limited length would") {
  ReplayBuffer<float> buffer(1, {.capacity = 37});
  std::deque<float> reference;
  ebm::Sequence draws(Rng{1}.stream(ebm::Purpose::user));
  for (int round = 0; round < 60; ++round) {
    const int count = static_cast<int>(draws.below(50));
    const Samples<float> samples = numbered(count, static_cast<float>(100 * round));
    buffer.push(samples);
    reference.insert(reference.begin(), samples.data(), samples.data() + count);
    if (reference.size() > 37) reference.resize(37);
    REQUIRE(buffer.size() == static_cast<Eigen::Index>(reference.size()));
    for (Eigen::Index i = 0; i < buffer.size(); ++i) {
      REQUIRE(buffer[i](0) == reference[static_cast<std::size_t>(i)]);
    }
  }
  CHECK(buffer.size() == 37);
}

TEST_CASE("a batch larger than the buffer leaves its first rows, whole") {
  ReplayBuffer<double> buffer(3, {.capacity = 4});
  Samples<double> samples(6, 3);
  for (int i = 0; i < 18; ++i) samples.data()[i] = i;
  buffer.push(samples);
  REQUIRE(buffer.size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(buffer[i] == samples.row(i));
}

TEST_CASE("the newest samples come first, and no more than there are") {
  ReplayBuffer<float> buffer(1, {.capacity = 5});
  CHECK(buffer.newest(3).rows() == 0);
  for (const float first : {0.0f, 100.0f}) buffer.push(numbered(3, first));
  REQUIRE(buffer.newest(9).rows() == 5);
  CHECK(buffer.newest(4) == Eigen::Vector4f(100, 101, 102, 0));
  CHECK(message_of<InvalidArgument>([&] { return buffer.newest(-1); }) ==
        "ReplayBuffer::newest: count must be >= 0, got -1");
}

TEST_CASE("a draw is decided by the seed and its number") {
  for (const int kept : {0, 300}) {
    CAPTURE(kept);
    ReplayBuffer<float> buffer(3, {.fresh = 0.5});
    buffer.push(Samples<float>::Random(kept, 3));
    const auto drawn = [&](std::uint32_t seed, std::uint64_t draw) {
      Samples<float> chains(40, 3);
      buffer.draw(chains, Rng{seed}, draw);
      return chains;
    };
    CHECK(drawn(1, 7) == drawn(1, 7));
    CHECK(drawn(1, 7) != drawn(1, 8));
    CHECK(drawn(1, 7) != drawn(2, 7));
    CHECK(drawn(1, 7) != drawn(1, 7 + (std::uint64_t{1} << 32)));
    CHECK(buffer.size() == kept);
  }
}

TEST_CASE("an empty buffer gives uniform noise") {
  const ReplayBuffer<float> buffer(500, {.low = -2, .high = 1});
  Samples<float> chains(40, 500);
  CHECK(buffer.draw(chains, Rng{1}, 7) == 40);

  // Kolmogorov and Smirnov: sup |F_n - F| sqrt(n) exceeds 2.7 with probability 1e-6.
  std::vector<float> sorted(chains.data(), chains.data() + chains.size());
  std::ranges::sort(sorted);
  CHECK(sorted.front() >= -2);
  CHECK(sorted.back() < 1);
  const double n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double uniform = (static_cast<double>(sorted[i]) + 2) / 3;
    distance = std::max(distance, std::abs(uniform - (static_cast<double>(i) + 0.5) / n));
  }
  CHECK(distance * std::sqrt(n) < 2.7);
}

TEST_CASE("fresh chains come first, binomially many, and the rest is drawn evenly") {
  ReplayBuffer<float> buffer(1, {.capacity = 20, .fresh = 0.1});
  buffer.push(numbered(20, 100));
  constexpr int batch = 50, rounds = 4000;
  std::vector<double> counts(20);
  double fresh_sum = 0, fresh_squares = 0;
  Samples<float> chains(batch, 1);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const int fresh = buffer.draw(chains, Rng{3}, round);
    fresh_sum += fresh;
    fresh_squares += fresh * fresh;
    for (int i = 0; i < batch; ++i) {
      if (i < fresh) {
        REQUIRE(std::abs(chains(i, 0)) <= 1);
      } else {
        counts.at(static_cast<std::size_t>(chains(i, 0)) - 100) += 1;
      }
    }
  }
  // Binomial(50, 0.1): mean 5, variance 4.5. Each bound is 4.9 deviations, a false alarm in 10^6.
  const double fresh_mean = fresh_sum / rounds;
  const double fresh_variance = fresh_squares / rounds - fresh_mean * fresh_mean;
  CHECK(std::abs(fresh_mean - 5) < 4.9 * std::sqrt(4.5 / rounds));
  CHECK(std::abs(fresh_variance / 4.5 - 1) < 4.9 * std::sqrt(2.2 / rounds));
  // Chi-square with 19 degrees of freedom exceeds 62 with probability 2e-6.
  const double expected = (batch * rounds - fresh_sum) / 20;
  double chi_square = 0;
  for (const double count : counts) {
    chi_square += (count - expected) * (count - expected) / expected;
  }
  CHECK(chi_square < 62);
}

TEST_CASE("the share of fresh chains may be none or all") {
  Samples<float> chains(30, 1);
  for (const double fresh : {0.0, 1.0}) {
    ReplayBuffer<float> buffer(1, {.capacity = 5, .fresh = fresh});
    buffer.push(numbered(5, 100));
    CHECK(buffer.draw(chains, Rng{1}, 0) == static_cast<int>(30 * fresh));
  }
}

TEST_CASE("a buffer that makes no sense is refused with its number") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto message = [](const ebm::ReplayBufferOptions& options, int features = 1) {
    return message_of<InvalidArgument>([&] { ReplayBuffer<float>(features, options); });
  };
  CHECK(message({}, 0) == "ReplayBuffer: features must be >= 1, got 0");
  CHECK(message({.capacity = 0}) == "ReplayBuffer: capacity must be >= 1, got 0");
  CHECK(message({.fresh = 1.5}) == "ReplayBuffer: fresh must be in [0, 1], got 1.5");
  CHECK(message({.fresh = -0.5}) == "ReplayBuffer: fresh must be in [0, 1], got -0.5");
  CHECK(message({.fresh = std::nan("")}) == "ReplayBuffer: fresh must be in [0, 1], got nan");
  CHECK(message({.low = 1, .high = 0}) ==
        "ReplayBuffer: low must be below high, both finite, got 1 and 0");
  CHECK(message({.low = -1e300, .high = 1e300}) ==  // infinite in float
        "ReplayBuffer: low must be below high, both finite, got -1e+300 and 1e+300");
  CHECK(message({.low = -infinity}) ==
        "ReplayBuffer: low must be below high, both finite, got -inf and 1");
}

TEST_CASE("samples of another size than the buffer's are refused with both") {
  ReplayBuffer<float> buffer(3);
  Samples<float> wrong(2, 4);
  CHECK(message_of<InvalidArgument>([&] { return buffer.draw(wrong, Rng{}, 0); }) ==
        "ReplayBuffer::draw: 3 features expected, got 4");
  CHECK(message_of<InvalidArgument>([&] { buffer.push(wrong); }) ==
        "ReplayBuffer::push: 3 features expected, got 4");
}

TEST_CASE("fresh chains stay below the upper bound, where float rounds to it") {
  ReplayBuffer<float> buffer(1 << 16, {.capacity = 1, .low = 1, .high = 1 + 0x1p-22});
  Samples<float> chains(1, 1 << 16);
  buffer.draw(chains, Rng{1}, 0);
  CHECK(chains.minCoeff() == 1);
  CHECK(chains.maxCoeff() < 1 + 0x1p-22f);
}
