// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>

#include "training.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Train the tutorial's network and the residual one; each is compiled in a file of its own.
TrainingResult train_tutorial(const TrainOptions& options, const TrainingData& data);
TrainingResult train_resnet(const TrainOptions& options, const TrainingData& data);

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
