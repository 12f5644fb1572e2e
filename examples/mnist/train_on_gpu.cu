// SPDX-License-Identifier: MIT
#include <ebm/cuda/device.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/simt/executor.hpp>

#include "network.hpp"
#include "training_run.hpp"

namespace ebm_mnist {

TrainingResult train_on_gpu(const TrainOptions& options, const TrainingData& data) {
  ebm::cuda::Device device;
  ebm::Threads threads(options.threads);  // for validation and pictures
  ebm::simt::MachineExecutor executor(device, threads);
  return options.model == "resnet" ? train_network<ResidualNetwork>(options, data, executor)
                                   : train_network<Network>(options, data, executor);
}

}  // namespace ebm_mnist
