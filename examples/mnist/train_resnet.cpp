// SPDX-License-Identifier: MIT
#include "network.hpp"
#include "training_run.hpp"

namespace ebm_mnist {

TrainingResult train_resnet(const TrainOptions& options, const TrainingData& data) {
  return train_network<ResidualNetwork>(options, data);
}

}  // namespace ebm_mnist
