// SPDX-License-Identifier: MIT
#pragma once

#include "../../examples/mnist/network.hpp"

/// The network that tests/data/tutorial_net.safetensors belongs to.
using TutorialNet = ebm_mnist::Network;

// Compiled in networks.cpp.
EBM_EXTERN_NETWORK(TutorialNet);
EBM_EXTERN_NETWORK(TutorialNet, double);
