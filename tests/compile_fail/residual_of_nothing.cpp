// SPDX-License-Identifier: MIT
// expect: Residual needs at least one layer besides its Shortcut
#include <ebm/nn/linear.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Block = ebm::Residual<ebm::Shortcut<ebm::Linear<4>>>;
  return ebm::Sequential<ebm::Shape<4>, Block>::parameter_count;
}
