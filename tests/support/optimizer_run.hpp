// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/core/state.hpp>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

/// Steps [first, last) of an optimiser, counted from 1, against gradients that move with the
/// parameters, p t + 0.1 index - 0.3 in step t, at the rate 0.1 / t.
///
/// In PyTorch: `p.grad = p * t + 0.1 * torch.arange(len(p)) - 0.3` and
/// `optimizer.param_groups[0]["lr"] = 0.1 / t` before each step.
template <class Optimizer, class T>
void run_steps(Optimizer& optimizer, std::vector<T>& parameters, int first, int last) {
  std::vector<T> gradient(parameters.size());
  for (int t = first; t < last; ++t) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      gradient[i] = parameters[i] * static_cast<T>(t) + T(0.1) * static_cast<T>(i) - T(0.3);
    }
    optimizer.step(std::span<T>(parameters), std::span<const T>(gradient), 0.1 / t);
  }
}

/// Where four steps of an optimiser lead from 1, -2 and 0.5.
template <class Optimizer>
[[nodiscard]] std::vector<double> after_four_steps(Optimizer optimizer) {
  std::vector<double> parameters{1, -2, 0.5};
  run_steps(optimizer, parameters, 1, 5);
  return parameters;
}

/// An optimiser without momentum keeps no velocity; neither takes the state of the other.
template <class Optimizer>
void check_velocity_is_kept(Optimizer plain, Optimizer moving) {
  std::vector<double> parameters{1, 2};
  run_steps(plain, parameters, 1, 2);
  run_steps(moving, parameters, 1, 2);
  const ebm::State before = plain.state();
  CHECK(message_of<ebm::Error>([&] { plain.restore(moving.state()); }) ==
        "State: entry 'velocity' holds 2 numbers, expected 0");
  CHECK(plain.state() == before);
  CHECK(message_of<ebm::Error>([&] { moving.restore(before); }) ==
        "State: entry 'velocity' holds 0 numbers, expected 2");
}
