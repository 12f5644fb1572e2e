// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/abi.hpp>
#include <span>

/// What an optimiser is.
namespace ebm::inline EBM_ABI {

/// Satisfied by types that change parameters against a gradient.
///
/// `step(parameters, gradient, learning_rate)` makes one step; `learning_rate()` is the rate that
/// schedules start from. One that remembers something between steps is `Stateful` too, for runs
/// that are interrupted and go on.
template <class O, class T = float>
concept Optimizer = requires(O& optimizer, const O& constant, std::span<T> parameters,
                             std::span<const T> gradient, double learning_rate) {
  optimizer.step(parameters, gradient, learning_rate);
  { constant.learning_rate() } -> std::same_as<double>;
};

}  // namespace ebm::inline EBM_ABI
