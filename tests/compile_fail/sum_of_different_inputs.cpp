// SPDX-License-Identifier: MIT
// expect: energies are combined over samples of one shape; here each is over samples of another
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/combine.hpp>

int main() {
  const auto sum = ebm::Gaussian<2>() + ebm::Gaussian<3>();
}
