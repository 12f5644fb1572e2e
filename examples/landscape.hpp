// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/core/samples.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/eval/log_partition.hpp>
#include <utility>

/// Energies in the plane as colour pictures with samples on them.
///
/// A panel is a picture of a view, a pixel a cell, the second feature upwards:
/// [1][channel, row, column] in [-1, 1], as `io::image_grid` wants it.
namespace landscape {

using Colour = std::array<float, 3>;  ///< red, green, blue in [-1, 1]

/// Dark blue at 0, in the valleys, to white at 1: ColorBrewer's Blues.
inline Colour colour_of(float height) {
  constexpr Colour blues[] = {{-0.94f, -0.62f, -0.16f},
                              {-0.74f, -0.11f, 0.42f},
                              {-0.16f, 0.36f, 0.68f},
                              {0.55f, 0.72f, 0.87f},
                              {1, 1, 1}};
  const float place = 4 * std::clamp(height, 0.0f, 1.0f);
  const auto below = std::min(static_cast<int>(place), 3);
  Colour colour{};
  for (std::size_t c = 0; c < colour.size(); ++c) {
    colour[c] = std::lerp(blues[below][c], blues[below + 1][c], place - static_cast<float>(below));
  }
  return colour;
}

inline void paint(ebm::Samples<float>& panel, const ebm::BoxGrid& view, Eigen::Index right,
                  Eigen::Index up, const Colour& colour) {
  const Eigen::Index side = view.cells;
  for (std::size_t c = 0; c < colour.size(); ++c) {
    panel(0, (static_cast<Eigen::Index>(c) * side + side - 1 - up) * side + right) = colour[c];
  }
}

/// Samples as orange points on a panel; those outside of the view are not seen.
///
/// samples: [sample][2]
inline ebm::Samples<float> with_points(ebm::Samples<float> panel,
                                       const ebm::Samples<float>& samples,
                                       const ebm::BoxGrid& view) {
  const auto cell_of = [&](float x) {
    const double share = (static_cast<double>(x) - view.low) / (view.high - view.low);
    return static_cast<Eigen::Index>(std::floor(share * view.cells));
  };
  for (const auto sample : samples.rowwise()) {
    const Eigen::Index right = cell_of(sample[0]), up = cell_of(sample[1]);
    if (std::min(right, up) < 1 || std::max(right, up) >= view.cells) continue;
    for (int i = 0; i < 4; ++i) paint(panel, view, right - i % 2, up - i / 2, {1, 0, -0.9f});
  }
  return panel;
}

/// A panel of points alone.
inline ebm::Samples<float> points(const ebm::Samples<float>& samples, const ebm::BoxGrid& view) {
  return with_points(ebm::Samples<float>::Ones(1, 3 * view.cells * view.cells), samples, view);
}

/// E(x) above its lowest value in the view, in steps of a nat: white from `height` nats on.
template <class E>
ebm::Samples<float> panel(const E& energy, const ebm::Samples<float>& samples,
                          const ebm::BoxGrid& view, float height = 10) {
  const Eigen::Index side = view.cells;
  const Eigen::VectorXf energies =
      ebm::energies(energy, ebm::cell_centers(view, 2, 0, side * side));
  const float lowest = energies.minCoeff();
  ebm::Samples<float> picture(1, 3 * side * side);
  for (Eigen::Index cell = 0; cell < side * side; ++cell) {
    const float nats = std::floor(energies[cell] - lowest);
    paint(picture, view, cell / side, cell % side, colour_of(nats / height));
  }
  return with_points(std::move(picture), samples, view);
}

}  // namespace landscape
