// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/network_passes.hpp"
#include "support/relative_error.hpp"

/// Checks a network against the tensors `name`/... of a golden file: its output and its gradients
/// in the input and in every parameter, by name; where there are directions, also what they become
/// along these.
template <class Net, class T>
void check_golden_network(const Golden& golden, const std::string& name, bool has_directions) {
  CAPTURE(name);
  const auto expect = [&](const auto& actual, const std::string& tensor) {
    CAPTURE(tensor);
    CHECK(relative_error(actual, golden.values<double>(name + tensor)) < golden_tolerance<T>);
  };
  const auto infos = Net::parameter_infos();
  const auto expect_parameters = [&](std::span<const T> gradient, const std::string& tensors) {
    for (const auto& info : infos) {
      expect(gradient.subspan(static_cast<std::size_t>(info.offset),
                              static_cast<std::size_t>(info.size)),
             tensors + info.name);
    }
  };
  const auto parameters = golden.parameters<T>(name + "/weights/", infos);
  const auto x = golden.samples<T>(name + "/x"), gy = golden.samples<T>(name + "/gy");
  const auto passes = run_network<Net, ebm::Wrt::both, T>(parameters, x, gy);
  expect(passes.y, "/y");
  expect(passes.gx, "/gx");
  expect_parameters(passes.parameter_gradient, "/gradient/");
  if (!has_directions) return;
  const auto along = run_network_along<Net, T>(parameters, x, golden.samples<T>(name + "/v"), gy);
  expect(along.y, "/jv");
  expect(along.gx, "/hv");
  expect_parameters(along.parameter_gradient, "/gradient_v/");
}

/// The same for tests/data/blocks.safetensors.
template <class Net, class T>
void check_golden_network(const std::string& name) {
  static const Golden golden("blocks.safetensors");
  check_golden_network<Net, T>(golden, name, false);
}

/// The same for tests/data/networks.safetensors, with directions.
template <class Net, class T>
void check_golden_derivatives(const std::string& name) {
  static const Golden golden("networks.safetensors");
  check_golden_network<Net, T>(golden, name, true);
}
