// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/sampler/starts.hpp>

#include "support/catch.hpp"
#include "support/random_samples.hpp"

/// Starts that are put back to a state go on with the chains that those of the state go on with.
///
/// batch: chains of an iteration, of three features each
template <class Policy>
void check_put_back(const Policy& policy, int batch) {
  const auto data = random_samples<float>(batch, 3, 1);
  auto first = policy.template for_chains<float>(batch, 3, 0);
  auto second = policy.template for_chains<float>(batch, 3, 0);
  ebm::Samples<float> chains(batch, 3), expected(batch, 3);
  first.begin(chains, data, ebm::Rng{1}, 0);
  first.end(chains);
  second.restore(first.state());
  first.begin(expected, data, ebm::Rng{1}, 1);
  second.begin(chains, data, ebm::Rng{1}, 1);
  CHECK(chains == expected);
}
