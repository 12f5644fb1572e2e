// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/core/aligned.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/random/stream.hpp>

#include "support/catch.hpp"

using namespace ebm;

namespace {

using P = Pack<double>;

const auto as_it_is = [](const P& value) { return value; };
const auto unit_interval = [](const P& value) { return clamp(value, P(-1), P(1)); };

}  // namespace

TEST_CASE("perturb adds a chain's own normal draws, element by element") {
  constexpr int elements = 7;  // one group of four and three of the next
  const ChainDraws<double> draws(Rng{1}.stream(Purpose::chain_noise), 100);
  AlignedVector<P> x(elements + 1, P(0.25));
  kernels::perturb(x.data(), elements, 0.5, draws, 3, as_it_is);
  for (int i = 0; i < elements; ++i) {
    const auto z =
        draws.normal(3, static_cast<std::uint32_t>(i / 4))[static_cast<std::size_t>(i % 4)];
    for (int lane = 0; lane < lanes; ++lane) {
      CHECK(x[static_cast<std::size_t>(i)].lane(lane) == Approx(0.25 + 0.5 * z.lane(lane)));
    }
  }
  CHECK(x[elements].lane(0) == 0.25);
}

TEST_CASE("perturb keeps samples in their domain") {
  const ChainDraws<double> draws(Rng{1}.stream(Purpose::chain_noise), 0);
  AlignedVector<P> x(100, P(0));
  kernels::perturb(x.data(), 100, 2.0, draws, 0, unit_interval);
  int on_border = 0;
  for (const P& element : x) {
    for (int lane = 0; lane < lanes; ++lane) {
      CHECK(std::abs(element.lane(lane)) <= 1);
      on_border += std::abs(element.lane(lane)) == 1;
    }
  }
  CHECK(on_border > 0);
}

TEST_CASE("descend clips the gradient first, then scales it, then enters the domain") {
  const auto clip = [](const P& g) { return clamp(g, P(-0.03), P(0.03)); };
  AlignedVector<P> x{P(0.5), P(0.5), P(0.9), P(7)};
  const AlignedVector<P> g{P(0.01), P(5), P(-5), P(5)};
  kernels::descend(x.data(), g.data(), 3, 10.0, clip, unit_interval);
  CHECK(x[0].lane(4) == Approx(0.4));
  CHECK(x[1].lane(4) == Approx(0.2));
  CHECK(x[2].lane(4) == 1);
  CHECK(x[3].lane(4) == 7);
}
