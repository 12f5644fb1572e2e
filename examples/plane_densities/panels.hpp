// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/ebm.hpp>

/// Densities and samples as small gray pictures.
namespace plane_densities {

/// What a panel shows, a pixel a cell.
inline constexpr ebm::BoxGrid view{.low = -5, .high = 5, .cells = 120};

/// The place in a panel of the cell that is `right` from the left and `up` from below.
constexpr Eigen::Index pixel(Eigen::Index right, Eigen::Index up) {
  return (view.cells - 1 - up) * view.cells + right;
}

/// ln p(x), in nats: -1 and more are white, -13 and less black.
///
/// result: [1][pixel] in [-1, 1], as `io::image_grid` wants it
template <class E>
ebm::Samples<float> density_panel(const E& energy, double log_partition) {
  constexpr float white = -1, black = -13;
  constexpr Eigen::Index side = view.cells;
  const Eigen::VectorXf f =
      ebm::scores(energy, ebm::cell_centers(view, 2, 0, side * side)).array() -
      static_cast<float>(log_partition);
  ebm::Samples<float> panel(1, side * side);
  for (Eigen::Index cell = 0; cell < side * side; ++cell) {
    const float share = (f[cell] - black) / (white - black);
    panel(0, pixel(cell / side, cell % side)) = std::clamp(2 * share - 1, -1.0f, 1.0f);
  }
  return panel;
}

/// Where points lie; those outside of the view are not seen.
///
/// points: [sample][2]; result: [1][pixel], 1 where a point is, else -1
inline ebm::Samples<float> point_panel(const ebm::Samples<float>& points) {
  constexpr Eigen::Index side = view.cells;
  ebm::Samples<float> panel = ebm::Samples<float>::Constant(1, side * side, -1);
  const auto cell_of = [](float x) {
    const double share = (static_cast<double>(x) - view.low) / (view.high - view.low);
    return share >= 0 && share < 1 ? static_cast<Eigen::Index>(share * side) : Eigen::Index{-1};
  };
  for (Eigen::Index row = 0; row < points.rows(); ++row) {
    const Eigen::Index right = cell_of(points(row, 0)), up = cell_of(points(row, 1));
    if (right >= 0 && up >= 0) panel(0, pixel(right, up)) = 1;
  }
  return panel;
}

}  // namespace plane_densities
