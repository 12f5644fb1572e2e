// SPDX-License-Identifier: MIT
// expect: a GPU computes networks in Single or Double; the energy has another precision
#include <ebm/energy/neural.hpp>
#include <ebm/nn/bfloat16_weights.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/simt/emulator.hpp>
#include <ebm/simt/machine_backend.hpp>
#include <ebm/train/trainer.hpp>

using Network = ebm::Sequential<ebm::Shape<3>, ebm::Linear<1>>;

int main() {
  ebm::simt::Emulator machine;
  ebm::Serial serial;
  const ebm::simt::MachinePlace place(machine, serial);
  ebm::Neural<Network, ebm::Bfloat16Weights> model;
  ebm::Trainer trainer(model, ebm::Recipe<>{}, place);
}
