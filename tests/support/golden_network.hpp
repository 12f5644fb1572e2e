// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/network_passes.hpp"
#include "support/relative_error.hpp"

/// Checks a network against the tensors `name`/... of tests/data/blocks.safetensors: its output and
/// its gradients in the input and in every parameter, by name.
template <class Net, class T>
void check_golden_network(const std::string& name) {
  static const Golden golden("blocks.safetensors");
  CAPTURE(name);
  const auto expect = [&](const auto& actual, const std::string& tensor) {
    CAPTURE(tensor);
    CHECK(relative_error(actual, golden.values<double>(name + tensor)) < golden_tolerance<T>);
  };
  const auto infos = Net::parameter_infos();
  const auto parameters = golden.parameters<T>(name + "/weights/", infos);
  const auto passes = run_network<Net, ebm::Wrt::both, T>(
      parameters, golden.samples<T>(name + "/x"), golden.samples<T>(name + "/gy"));
  expect(passes.y, "/y");
  expect(passes.gx, "/gx");
  const std::span gradient(passes.parameter_gradient);
  for (const auto& info : infos) {
    expect(gradient.subspan(static_cast<std::size_t>(info.offset),
                            static_cast<std::size_t>(info.size)),
           "/gradient/" + info.name);
  }
}
