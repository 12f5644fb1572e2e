// SPDX-License-Identifier: MIT
#include "network.hpp"
#include "training_run.hpp"

namespace ebm_mnist {

TrainingResult train_tutorial(const TrainOptions& options, const TrainingData& data) {
  return train_network<Network>(options, data);
}

}  // namespace ebm_mnist
