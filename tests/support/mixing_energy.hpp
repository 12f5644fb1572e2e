// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/energy/expression.hpp>

/// A tame energy of 30 features whose gradient mixes them.
inline auto mixing_energy() {
  return ebm::expression<ebm::Shape<30>>([](const auto& x) {
    auto energy = ebm::square(x[0] - x[29]);
    for (int i = 1; i < 30; ++i) energy = energy + ebm::square(x[i] * x[i - 1] - 0.3f);
    return energy;
  });
}

/// Where chains for it start.
inline ebm::Samples<float> mixing_start(Eigen::Index rows) {
  ebm::Samples<float> samples(rows, 30);
  for (Eigen::Index i = 0; i < samples.size(); ++i) {
    samples.data()[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  }
  return samples;
}

/// |z| beyond this has probability 1e-6: the false-alarm rate of a comparison with it.
inline constexpr double z_bound = 4.892;
