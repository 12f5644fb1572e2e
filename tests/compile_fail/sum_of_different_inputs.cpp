// SPDX-License-Identifier: MIT
// expect: a sum of energies needs both over samples of one shape
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/combine.hpp>

int main() {
  const auto sum = ebm::Gaussian<2>() + ebm::Gaussian<3>();
}
