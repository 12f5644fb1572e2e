// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/abi.hpp>

#include "training.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Trains the network that the options name.
TrainingResult train_on_cpu(const TrainOptions& options, const TrainingData& data);

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
