// SPDX-License-Identifier: MIT
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>

#include "support/catch.hpp"
#include "support/golden_layer.hpp"

using namespace ebm;

TEMPLATE_TEST_CASE("linear layers of odd sizes and their gradients are PyTorch's", "", float,
                   double) {
  using T = TestType;
  check_golden_layer<Sequential<Shape<1>, Linear<1>>, T>("linear0_1_1");
  check_golden_layer<Sequential<Shape<7>, Linear<3>>, T>("linear1_7_3");
  check_golden_layer<Sequential<Shape<64>, Linear<10>>, T>("linear2_64_10");
  check_golden_layer<Sequential<Shape<256>, Linear<64>>, T>("linear3_256_64");
}
