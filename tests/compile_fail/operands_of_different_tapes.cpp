// SPDX-License-Identifier: MIT
// expect: both operands of an operation live on one tape
#include <ebm/autodiff/operations.hpp>

int main() {
  ebm::Tape<float> inputs;
  ebm::Tape<float, ebm::Wrt::parameters> parameters;
  const ebm::Pack<float> value(1);
  inputs.input<ebm::Scalar>(&value) + parameters.input<ebm::Scalar>(&value);
}
