// SPDX-License-Identifier: MIT
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/sampler.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

namespace {

struct WithoutChains {
  template <class E, class X>
  void run(const E& energy, X& executor) const;
};

struct ChangesItself {
  template <class T, class E, class X>
  void run(const E& energy, ebm::SamplesRef<T> chains, std::uint64_t first_chain, ebm::Rng rng,
           X& executor, ebm::Workspace<T>& workspace);
};

}  // namespace

TEST_CASE("a sampler runs chains and stays as it is") {
  STATIC_REQUIRE(ebm::Sampler<ebm::Langevin<>, float>);
  STATIC_REQUIRE(ebm::Sampler<ebm::UnboundedLangevin, double>);
  STATIC_REQUIRE_FALSE(ebm::Sampler<WithoutChains>);
  STATIC_REQUIRE_FALSE(ebm::Sampler<ChangesItself>);
}

TEST_CASE("a workspace makes room for each worker, and keeps it") {
  ebm::Workspace<float> workspace;
  workspace.prepare(3, 50);
  for (int worker = 0; worker < 3; ++worker) {
    CHECK(workspace[worker].state.size() == 50);
    CHECK(workspace[worker].state.data() != workspace[(worker + 1) % 3].state.data());
  }
  const auto before = allocation_count();
  const auto* state = workspace[2].state.data();
  workspace.prepare(1, 10);
  workspace.prepare(3, 50);
  CHECK(allocation_count() == before);
  CHECK(workspace[2].state.data() == state);
}
