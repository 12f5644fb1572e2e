// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/core/aligned.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/random/stream.hpp>
#include <utility>

#include "support/catch.hpp"

using namespace ebm;
using kernels::elements_of;

namespace {

using P = Pack<double>;

const auto as_it_is = [](const P& value) { return value; };
const auto unit_interval = [](const P& value) { return clamp(value, P(-1), P(1)); };
const auto small_clip = [](const P& g) { return clamp(g, P(-0.03), P(0.03)); };

}  // namespace

TEST_CASE("noise is a chain's own normal draws, element by element") {
  const ChainDraws<double> draws(Rng{1}.stream(Purpose::chain_noise), 100);
  for (const int elements :
       {1, 4, 7, 8, 15, 16, 22}) {  // groups of four, two at once where it goes
    AlignedVector<P> x(static_cast<std::size_t>(elements) + 1, P(0.25));
    kernels::advance_and_perturb(elements_of(x.data()), 0, elements, kernels::Stay{}, 0.5, draws, 3,
                                 as_it_is);
    for (int i = 0; i < elements; ++i) {
      const auto z =
          draws.normal(3, static_cast<std::uint32_t>(i / 4))[static_cast<std::size_t>(i % 4)];
      for (int lane = 0; lane < lanes; ++lane) {
        CHECK(x[static_cast<std::size_t>(i)].lane(lane) == Approx(0.25 + 0.5 * z.lane(lane)));
      }
    }
    CHECK(x.back().lane(0) == 0.25);
  }
}

TEST_CASE("noise keeps samples in their domain") {
  const ChainDraws<double> draws(Rng{1}.stream(Purpose::chain_noise), 0);
  AlignedVector<P> x(100, P(0));
  kernels::advance_and_perturb(elements_of(x.data()), 0, 100, kernels::Stay{}, 2.0, draws, 0,
                               unit_interval);
  int on_border = 0;
  for (const P& element : x) {
    for (int lane = 0; lane < lanes; ++lane) {
      CHECK(std::abs(element.lane(lane)) <= 1);
      on_border += std::abs(element.lane(lane)) == 1;
    }
  }
  CHECK(on_border > 0);
}

TEST_CASE("a descent clips the gradient first, then scales it, then enters the domain") {
  AlignedVector<P> x{P(0.5), P(0.5), P(0.9), P(7)};
  const AlignedVector<P> g{P(0.01), P(5), P(-5), P(5)};
  kernels::advance(elements_of(x.data()), 0, 3,
                   kernels::Descend{elements_of(g.data()), 10.0, small_clip, unit_interval});
  CHECK(x[0].lane(4) == Approx(0.4));
  CHECK(x[1].lane(4) == Approx(0.2));
  CHECK(x[2].lane(4) == 1);
  CHECK(x[3].lane(4) == 7);
}

TEST_CASE("a descent and the next noise in one pass have the bits of two passes") {
  constexpr int elements = 19;
  const ChainDraws<double> draws(Rng{1}.stream(Purpose::chain_noise), 5);
  AlignedVector<P> g(elements), once(elements), twice(elements);
  for (int i = 0; i < elements; ++i) {
    const auto at = static_cast<std::size_t>(i);
    g[at] = P(0.01 * (i % 7 - 3));
    once[at] = twice[at] = P(0.1 * (i % 19 - 9));
  }
  const kernels::Descend descend{elements_of(std::as_const(g).data()), 10.0, small_clip,
                                 unit_interval};
  kernels::advance_and_perturb(elements_of(once.data()), 0, elements, descend, 0.3, draws, 2,
                               unit_interval);
  kernels::advance(elements_of(twice.data()), 0, elements, descend);
  kernels::advance_and_perturb(elements_of(twice.data()), 0, elements, kernels::Stay{}, 0.3, draws,
                               2, unit_interval);
  for (std::size_t i = 0; i < elements; ++i) {
    for (int lane = 0; lane < lanes; ++lane) CHECK(once[i].lane(lane) == twice[i].lane(lane));
  }
}
