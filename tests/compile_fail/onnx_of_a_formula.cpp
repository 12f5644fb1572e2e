// SPDX-License-Identifier: MIT
// expect: write_onnx takes energies that say what they are as operations on tensors
#include <ebm/energy/expression.hpp>
#include <ebm/io/onnx.hpp>

int main() {
  const auto energy = ebm::expression<ebm::Shape<1>>([](const auto& x) { return square(x[0]); });
  ebm::io::write_onnx("energy.onnx", energy);
}
