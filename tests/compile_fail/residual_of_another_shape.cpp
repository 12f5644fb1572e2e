// SPDX-License-Identifier: MIT
// expect: Shape<4>, ebm.*Shape<3>.*so both need one shape|so both need one shape.*Shape<4>,
// ebm.*Shape<3>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  return ebm::Sequential<ebm::Shape<4>, ebm::Residual<ebm::Linear<3>>>::parameter_count;
}
