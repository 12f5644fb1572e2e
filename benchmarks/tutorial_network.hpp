// SPDX-License-Identifier: MIT
#pragma once

#include "mnist/network.hpp"

EBM_EXTERN_NETWORK(ebm_mnist::Network);  // compiled in tutorial_network.cpp
