// SPDX-License-Identifier: MIT
// expect: has nothing to sweep back to
#include <ebm/autodiff/operations.hpp>

int main() {
  ebm::Tape<float, ebm::Wrt::nothing> tape;
  const ebm::Pack<float> value(1);
  tape.backward(square(tape.input<ebm::Scalar>(&value)));
}
