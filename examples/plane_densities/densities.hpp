// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <ebm/ebm.hpp>
#include <numbers>
#include <vector>

/// Densities in the plane that energies are learnt from, each with its draws and its log density.
///
/// All three are those of the experiments of Grathwohl, Chen, Bettencourt, Sutskever, Duvenaud,
/// "FFJORD: Free-form Continuous Dynamics for Scalable Reversible Generative Models", 2019, as
/// lib/toy_data.py of its authors' program has them; the moons are scikit-learn's `make_moons`.
namespace plane_densities {

using Point = std::array<double, 2>;

/// Two independent standard normal numbers.
inline Point normal_pair(ebm::Sequence& random) {
  const ebm::Pack<std::uint32_t, 1> radius(random()), angle(random());
  const auto [a, b] = ebm::box_muller<double>(radius, angle);
  return {a.lane(0), b.lane(0)};
}

/// The point of the circle of radius 1 at `angle`.
inline Point on_circle(double angle) {
  ebm::Pack<double, 1> sine, cosine;
  ebm::sincos(ebm::Pack<double, 1>(angle), sine, cosine);
  return {cosine.lane(0), sine.lane(0)};
}

/// Two half circles of radius 2 that reach into each other, with normal noise of deviation 0.2:
/// make_moons(noise = 0.1), doubled and moved by (-1, -0.2).
struct Moons {
  static constexpr const char* name = "moons";
  static constexpr double deviation = 0.2;

  static Point at(int moon, double angle) {
    const auto [x, y] = on_circle(angle);
    return moon == 0 ? Point{2 * x - 1, 2 * y - 0.2} : Point{1 - 2 * x, 0.8 - 2 * y};
  }
  static Point draw(ebm::Sequence& random) {
    const auto [x, y] = at(random() % 2 == 0 ? 0 : 1, std::numbers::pi * random.uniform());
    const auto [noise_x, noise_y] = normal_pair(random);
    return {x + deviation * noise_x, y + deviation * noise_y};
  }
  /// As a mixture of so many Gaussians on the moons that nothing is seen of them: they are 0.016
  /// apart.
  static Eigen::VectorXd log_density(const ebm::Samples<double>& x) {
    constexpr int places = 400;
    std::vector<ebm::GaussianMixture<2>::Component> on_moons;
    for (int moon = 0; moon < 2; ++moon) {
      for (int i = 0; i < places; ++i) {
        on_moons.push_back({1, at(moon, std::numbers::pi * (i + 0.5) / places)});
      }
    }
    return ebm::scores(ebm::GaussianMixture<2>(on_moons, deviation), x);
  }
};

/// Eight Gaussians of deviation 0.5 on a circle of radius 4, all divided by 1.414.
struct EightGaussians {
  static constexpr const char* name = "eight Gaussians";
  static constexpr double radius = 4 / 1.414, deviation = 0.5 / 1.414;

  static Point center(int which) {
    const auto [x, y] = on_circle(std::numbers::pi / 4 * which);
    return {radius * x, radius * y};
  }
  static Point draw(ebm::Sequence& random) {
    const auto [x, y] = center(static_cast<int>(random.below(8)));
    const auto [noise_x, noise_y] = normal_pair(random);
    return {x + deviation * noise_x, y + deviation * noise_y};
  }
  static Eigen::VectorXd log_density(const ebm::Samples<double>& x) {
    std::vector<ebm::GaussianMixture<2>::Component> eight;
    for (int i = 0; i < 8; ++i) eight.push_back({1, center(i)});
    return ebm::scores(ebm::GaussianMixture<2>(eight, deviation), x);
  }
};

/// Uniform on eight of the sixteen squares of side 2 in [-4, 4)^2, no two of which share a side.
struct Checkerboard {
  static constexpr const char* name = "checkerboard";

  static Point draw(ebm::Sequence& random) {
    const double column = random.below(4), pair = random.below(2);
    const double row = 2 * pair + (column == 1 || column == 3 ? 1 : 0);
    return {2 * (column + random.uniform()) - 4, 2 * (row + random.uniform()) - 4};
  }
  /// Of draws, all of which lie on the squares.
  static Eigen::VectorXd log_density(const ebm::Samples<double>& x) {
    return Eigen::VectorXd::Constant(x.rows(), -std::log(32.0));
  }
};

/// Draws of a density; draw i depends on the seed, `set` and i.
///
/// result: [sample][2]
template <class Density>
ebm::Samples<float> draw(int count, ebm::Rng rng, std::uint32_t set) {
  ebm::Samples<float> points(count, 2);
  for (int i = 0; i < count; ++i) {
    ebm::Sequence random(rng.stream(ebm::Purpose::user), static_cast<std::uint64_t>(i), set);
    const auto [x, y] = Density::draw(random);
    points.row(i) << static_cast<float>(x), static_cast<float>(y);
  }
  return points;
}

}  // namespace plane_densities
