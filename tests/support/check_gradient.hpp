// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/evaluate.hpp>
#include <span>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/relative_error.hpp"

/// Checks an energy's input gradient against finite differences of its values, in double.
///
/// samples: [sample][feature]
template <class E>
void check_energy_gradient(const E& energy, ebm::Samples<double> samples) {
  const auto gradient = ebm::energy_gradients(energy, samples);
  const std::span values(samples.data(), static_cast<std::size_t>(samples.size()));
  const auto sum = [&] { return ebm::energies(energy, samples).sum(); };
  CHECK(relative_error(gradient, central_differences(values, sum)) < 1e-6);
}
