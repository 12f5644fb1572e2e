// SPDX-License-Identifier: MIT
#include <ebm/parallel/threads.hpp>

#include "compiled_networks.hpp"
#include "train_network.hpp"
#include "training_run.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

TrainingResult train_tutorial(const TrainOptions& options, const TrainingData& data) {
  ebm::Threads threads(options.threads);
  return train_network<Network>(options, data, threads);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
