// SPDX-License-Identifier: MIT
// expect: Linear expects a flat input, Shape<features>; got Shape<channels, rows, columns>: put
// Flatten before it
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>

int main() {
  return ebm::Sequential<ebm::Shape<1, 4, 4>, ebm::Linear<3>>::parameter_count;
}
