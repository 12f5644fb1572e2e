// SPDX-License-Identifier: MIT
// expect: the network of an energy ends in one number a sample
#include <ebm/energy/neural.hpp>
#include <ebm/nn/linear.hpp>

int main() {
  const ebm::Neural<ebm::Sequential<ebm::Shape<4>, ebm::Linear<2>>> energy;
}
