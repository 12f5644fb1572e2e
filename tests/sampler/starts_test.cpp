// SPDX-License-Identifier: MIT
#include <ebm/sampler/starts.hpp>

#include <cmath>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/starts_checks.hpp"

namespace {

using ebm::Rng;
using ebm::Samples;

struct WithoutEnd {
  template <class T>
  struct Chains {
    void begin(ebm::SamplesRef<T>, const ebm::ConstSamplesRef<T>&, Rng, std::uint64_t) {}
    [[nodiscard]] ebm::State state() const { return {}; }
    void restore(const ebm::State&) {}
  };
  template <class T>
  [[nodiscard]] Chains<T> for_chains(int, int, int) const {
    return {};
  }
};

/// Where the chains of some iterations begin that all end one unit further.
template <class Policy>
std::vector<Samples<float>> starts_of(const Policy& policy, const Samples<float>& data,
                                      int iterations = 3) {
  auto starts = policy.template for_chains<float>(4, 3, 0);
  std::vector<Samples<float>> all;
  Samples<float> chains(4, 3);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    starts.begin(chains, data, Rng{1}, static_cast<std::uint64_t>(iteration));
    all.push_back(chains);
    chains.array() += 1;
    starts.end(chains);
  }
  return all;
}

}  // namespace

TEST_CASE("a policy of starts begins and ends chains") {
  STATIC_REQUIRE(ebm::StartPolicy<ebm::FromReplayBuffer>);
  STATIC_REQUIRE_FALSE(ebm::StartPolicy<WithoutEnd>);
}

TEST_CASE("chains start at the data") {
  const auto data = random_samples<float>(4, 3, 1);
  for (const auto& start : starts_of(ebm::FromData{}, data)) CHECK(start == data);
}

TEST_CASE("chains start at noise of their own in each iteration") {
  const auto data = random_samples<float>(4, 3, 1);
  const auto starts = starts_of(ebm::FromNoise{.low = 2, .high = 3}, data);
  for (const auto& start : starts) {
    CHECK(start.minCoeff() >= 2);
    CHECK(start.maxCoeff() < 3);
  }
  CHECK(starts[0] != starts[1]);
  CHECK(starts == starts_of(ebm::FromNoise{.low = 2, .high = 3}, data));
}

TEST_CASE("persistent chains start once, and then go on where they ended") {
  const auto data = random_samples<float>(4, 3, 1);
  const auto starts = starts_of(ebm::PersistentChains{.low = 2, .high = 3}, data);
  CHECK(starts[0].minCoeff() >= 2);
  CHECK(starts[0].maxCoeff() < 3);
  CHECK(starts[1] == (starts[0].array() + 1).matrix());
  CHECK(starts[2] == (starts[1].array() + 1).matrix());
}

TEST_CASE("starts that are put back begin the next chains as if nothing had happened") {
  check_put_back(ebm::FromReplayBuffer{{.capacity = 7}}, 4);
  check_put_back(ebm::FromData{}, 4);
  check_put_back(ebm::FromNoise{}, 4);
  check_put_back(ebm::PersistentChains{}, 4);
}

TEST_CASE("persistent chains of another number are refused, and nothing changes") {
  auto starts = ebm::PersistentChains{}.for_chains<float>(4, 3, 0);
  const auto before = starts.state();
  CHECK(message_of<ebm::Error>([&] {
          starts.restore(ebm::PersistentChains{}.for_chains<float>(5, 3, 0).state());
        }) == "State: entry 'chains' holds 15 numbers, expected 12");
  CHECK(starts.state() == before);
}

TEST_CASE("a range of noise that is none is refused") {
  CHECK(message_of<ebm::InvalidArgument>([] {
          (void)ebm::FromNoise{.low = 1, .high = 1}.for_chains<float>(1, 1, 0);
        }) == "FromNoise: low must be below high, both finite, got 1 and 1");
  CHECK(message_of<ebm::InvalidArgument>([] {
          (void)ebm::PersistentChains{.low = std::nan("")}.for_chains<float>(1, 1, 0);
        }) == "PersistentChains: low must be below high, both finite, got nan and 1");
}
