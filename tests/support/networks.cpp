// SPDX-License-Identifier: MIT
// The code of networks that several sources test.
#include "support/image_net.hpp"
#include "support/tutorial_net.hpp"

EBM_INSTANTIATE_NETWORK(TutorialNet);
EBM_INSTANTIATE_NETWORK(TutorialNet, double);
EBM_INSTANTIATE_NETWORK(ImageNet);
