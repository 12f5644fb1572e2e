// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/ebm.hpp>

#include "support/random_samples.hpp"

/// A network that trains in no time, on images of 6 x 6 pixels.
using ImageNet = ebm::Sequential<ebm::Shape<1, 6, 6>,
                                 ebm::Conv2d<4, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>,
                                 ebm::Swish, ebm::Flatten, ebm::Linear<1>>;

EBM_EXTERN_NETWORK(ImageNet);  // compiled in networks.cpp

inline ebm::Samples<float> images(int count) {
  return random_samples<float>(count, 36, 5);
}

/// A short training of `ImageNet`: 2 epochs of 3 batches for 130 images.
inline ebm::Recipe<> short_recipe(std::uint32_t seed = 0) {
  return {.steps = 3,
          .starts = ebm::FromReplayBuffer{{.capacity = 100}},
          .epochs = 2,
          .batch = 40,
          .rng = ebm::Rng{seed}};
}
