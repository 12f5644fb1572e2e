// SPDX-License-Identifier: MIT
#include "train_on_cpu.hpp"

#include <ebm/parallel/threads.hpp>

#include "compiled_networks.hpp"
#include "training_run.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

TrainingResult train_on_cpu(const TrainOptions& options, const TrainingData& data) {
  ebm::Threads threads(options.threads);
  return options.model == "resnet" ? train_network<ResidualNetwork>(options, data, threads)
                                   : train_network<Network>(options, data, threads);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
