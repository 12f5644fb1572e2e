// SPDX-License-Identifier: MIT
#include <ebm/cuda/device.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/simt/machine_backend.hpp>
#include <ebm/train/trainer.hpp>

#include "mnist/network.hpp"

/// All kernels that training and sampling with the tutorial's network launch, for kernel_table.
void train_tutorial(ebm::Neural<ebm_mnist::Network>& model, const ebm::Samples<float>& data) {
  ebm::cuda::Device device;
  ebm::Serial serial;
  const ebm::simt::MachinePlace place(device, serial);
  ebm::Trainer trainer(model, ebm::Recipe<>{}, place);
  trainer.fit(data);
}
