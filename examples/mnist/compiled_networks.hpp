// SPDX-License-Identifier: MIT
#pragma once

#include "network.hpp"

/// The networks of this program, whose code compiled_networks.cpp holds.
EBM_EXTERN_NETWORK(ebm_mnist::Network);
EBM_EXTERN_NETWORK(ebm_mnist::ResidualNetwork);
