// SPDX-License-Identifier: MIT
#include <ebm/cuda/device.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/simt/machine_backend.hpp>

#include "network.hpp"
#include "training_run.hpp"

namespace ebm_mnist {

TrainingResult train_on_gpu(const TrainOptions& options, const TrainingData& data) {
  ebm::cuda::Device device;
  ebm::Threads threads(options.threads);  // for validation and pictures
  const ebm::simt::MachinePlace place(device, threads);
  return options.model == "resnet" ? train_network<ResidualNetwork>(options, data, place)
                                   : train_network<Network>(options, data, place);
}

}  // namespace ebm_mnist
