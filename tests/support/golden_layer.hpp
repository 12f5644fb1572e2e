// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/network_passes.hpp"
#include "support/relative_error.hpp"

/// Checks a network of one layer against the tensors `name`/... of tests/data/layers.safetensors.
template <class Net, class T>
void check_golden_layer(const std::string& name) {
  static const Golden golden("layers.safetensors");
  CAPTURE(name);
  const auto expect = [&](const auto& actual, const char* tensor) {
    CAPTURE(tensor);
    CHECK(relative_error(actual, golden.values<double>(name + tensor)) < golden_tolerance<T>);
  };
  auto parameters = golden.values<T>(name + "/weight");
  const auto bias = golden.values<T>(name + "/bias");
  const std::size_t weights = parameters.size();
  parameters.insert(parameters.end(), bias.begin(), bias.end());
  REQUIRE(parameters.size() == static_cast<std::size_t>(Net::parameter_count));

  const auto passes = run_network<Net, ebm::Wrt::both, T>(
      parameters, golden.samples<T>(name + "/x"), golden.samples<T>(name + "/gy"));
  const std::span gradient(passes.parameter_gradient);
  expect(passes.y, "/y");
  expect(passes.gx, "/gx");
  expect(gradient.first(weights), "/gw");
  expect(gradient.subspan(weights), "/gb");
}
