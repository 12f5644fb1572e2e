// SPDX-License-Identifier: MIT
#include "compiled_networks.hpp"

EBM_INSTANTIATE_NETWORK(ebm_mnist::Network);
EBM_INSTANTIATE_NETWORK(ebm_mnist::ResidualNetwork);
