// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/energy/neural.hpp>

#include "support/golden.hpp"
#include "support/tutorial_net.hpp"

/// The tutorial's network with the weights of tests/data/tutorial_net.safetensors.

inline const Golden& tutorial_golden() {
  static const Golden tensors("tutorial_net.safetensors");
  return tensors;
}

template <class T>
[[nodiscard]] ebm::Neural<TutorialNet, T> tutorial_energy() {
  ebm::Neural<TutorialNet, T> energy;
  energy.change_parameters([&](std::span<T> parameters) {
    std::ranges::copy(tutorial_golden().parameters<T>("weights/", energy.parameter_infos()),
                      parameters.begin());
  });
  return energy;
}
