// SPDX-License-Identifier: MIT
#pragma once

#include "../../examples/mnist/network.hpp"

/// The network that tests/data/tutorial_net.safetensors belongs to.
using TutorialNet = ebm_mnist::Network;
