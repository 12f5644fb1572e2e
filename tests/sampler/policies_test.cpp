// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/policies.hpp>

#include "support/catch.hpp"

namespace {

using ebm::LangevinOptions;
using P = ebm::Pack<double>;

/// What `policy` makes of `x` in each lane.
template <class Policy>
double apply(const Policy& policy, double x) {
  return policy(P(x)).lane(ebm::lanes - 1);
}

}  // namespace

TEST_CASE("ClipElements bounds the gradient on both sides, and NoClip doesn't") {
  const LangevinOptions options{.gradient_clip = 0.5};
  const ebm::ClipElements<double> clip(options);
  CHECK(apply(clip, 0.25) == 0.25);
  CHECK(apply(clip, 3) == 0.5);
  CHECK(apply(clip, -3) == -0.5);
  CHECK(apply(ebm::NoClip<double>(options), -3) == -3);
}

TEST_CASE("Box bounds samples to its own two sides, and Unbounded doesn't") {
  const LangevinOptions options{.low = -2, .high = 0.5};
  const ebm::Box<double> box(options);
  CHECK(apply(box, 0.25) == 0.25);
  CHECK(apply(box, 1) == 0.5);
  CHECK(apply(box, -7) == -2);
  CHECK(apply(ebm::Unbounded<double>(options), -7) == -7);
}

TEST_CASE("NaN passes clip and box: it isn't hidden") {
  CHECK(std::isnan(apply(ebm::ClipElements<double>(LangevinOptions{}), std::nan(""))));
  CHECK(std::isnan(apply(ebm::Box<double>(LangevinOptions{}), std::nan(""))));
}

TEST_CASE("a step size is constant, or decays from the first step on") {
  const LangevinOptions options{.step_size = 3};
  CHECK(ebm::ConstantStep::size(options, 0) == 3);
  CHECK(ebm::ConstantStep::size(options, 1000) == 3);
  CHECK(ebm::DecayingStep::size(options, 0) == 3);
  CHECK(ebm::DecayingStep::size(options, 99) == Approx(3 * std::pow(100, -0.55)));
}

TEST_CASE("GaussianNoise moves every element by its deviation, and NoNoise none") {
  const ebm::ChainDraws<double> draws(ebm::Rng{1}.stream(ebm::Purpose::chain_noise), 0);
  const ebm::Unbounded<double> everywhere(LangevinOptions{});
  P x[2] = {P(1), P(2)};
  ebm::NoNoise::apply(ebm::kernels::elements_of(x), 0, 2, ebm::kernels::Stay{}, 0.5, draws, 7,
                      everywhere);
  CHECK(x[0].lane(3) == 1);
  CHECK(x[1].lane(3) == 2);
  ebm::GaussianNoise::apply(ebm::kernels::elements_of(x), 0, 2, ebm::kernels::Stay{}, 0.5, draws, 7,
                            everywhere);
  const auto z = draws.normal(7, 0);
  CHECK(x[0].lane(3) == Approx(1 + 0.5 * z[0].lane(3)));
  CHECK(x[1].lane(3) == Approx(2 + 0.5 * z[1].lane(3)));
}
