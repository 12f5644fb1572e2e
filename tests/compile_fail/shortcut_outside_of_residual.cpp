// SPDX-License-Identifier: MIT
// expect: Shortcut stands first in a Residual, and nowhere else
#include <ebm/nn/linear.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  using Block = ebm::Residual<ebm::Linear<4>, ebm::Shortcut<ebm::Linear<4>>>;
  return ebm::Sequential<ebm::Shape<4>, Block>::parameter_count;
}
