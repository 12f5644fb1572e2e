// SPDX-License-Identifier: MIT
#include "tutorial_network.hpp"

EBM_INSTANTIATE_NETWORK(ebm_mnist::Network);
