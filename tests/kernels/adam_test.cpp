// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/kernels/adam.hpp>
#include <ebm/kernels/update.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

TEMPLATE_TEST_CASE("any number of parameters at any address gets the step of the equations", "",
                   float, double) {
  using T = TestType;
  const kernels::AdamStep<T> step{T(0.9), T(0.1), T(0.99), T(0.01), T(0.5), T(0.7), T(1e-3)};
  for (const std::size_t count : {1u, 15u, 16u, 17u, 40u}) {
    // One element in front and one behind must stay as they are; the first is misaligned.
    auto p = random_values<T>(count + 2, 1), m = random_values<T>(count + 2, 2);
    auto v = random_values<T>(count + 2, 3);
    const auto g = random_values<T>(count + 2, 4);
    for (T& value : v) value = std::abs(value);
    auto expected_p = p, expected_m = m, expected_v = v;
    for (std::size_t i = 1; i <= count; ++i) {
      expected_m[i] = step.beta1 * m[i] + step.rest1 * g[i];
      expected_v[i] = step.beta2 * v[i] + step.rest2 * g[i] * g[i];
      expected_p[i] -=
          step.rate * expected_m[i] / (std::sqrt(expected_v[i]) / step.correction + step.epsilon);
    }
    kernels::update(step, count, p.data() + 1, g.data() + 1, m.data() + 1, v.data() + 1);
    CHECK(p == expected_p);
    CHECK(m == expected_m);
    CHECK(v == expected_v);
  }
}
