// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/energy/energy.hpp>
#include <span>
#include <vector>

/// Central differences of `f()` in each of `values`, which are put back.
template <class F>
[[nodiscard]] std::vector<double> central_differences(std::span<double> values, const F& f) {
  constexpr double h = 1e-5;
  std::vector<double> slopes;
  for (double& value : values) {
    const double before = value;
    value = before + h;
    const double above = f();
    value = before - h;
    const double below = f();
    value = before;
    slopes.push_back((above - below) / (2 * h));
  }
  return slopes;
}

/// Central differences of `f()` in each parameter of an energy, which are put back.
template <ebm::TrainableEnergy E, class F>
[[nodiscard]] std::vector<double> central_differences(E& energy, const F& f) {
  const auto parameters = energy.parameters();
  std::vector<double> values(parameters.begin(), parameters.end());
  const auto set = [&] {
    energy.change_parameters([&](auto to) { std::ranges::copy(values, to.begin()); });
  };
  const auto slopes = central_differences(std::span(values), [&] {
    set();
    return f();
  });
  set();
  return slopes;
}
