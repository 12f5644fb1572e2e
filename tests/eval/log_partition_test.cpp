// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

namespace {

constexpr double pi = 3.14159265358979323846;

}  // namespace

TEST_CASE("ln Z of a Gaussian is that of its deviations, to rounding") {
  const Gaussian<2> energy({0.3, -0.5}, {0.7, 1.2});
  const double exact = std::log(2 * pi * 0.7 * 1.2);
  const BoxGrid grid{.low = -12, .high = 12, .cells = 96};
  CHECK(log_partition<double>(energy, grid) == Approx(exact).margin(1e-12));
  CHECK(log_partition(energy, grid) == Approx(exact).margin(1e-5));
  Threads threads(2);
  CHECK(log_partition<double>(energy, grid, threads) == log_partition<double>(energy, grid));
}

TEST_CASE("ln Z of a mixture, which is normalised, is 0, also with many cells and one feature") {
  const GaussianMixture<2> plane({{1, {-2, 0}}, {3, {2, 1}}}, 0.4);
  // More cells than are evaluated at once.
  CHECK(log_partition<double>(plane, {.low = -6, .high = 6, .cells = 300}) ==
        Approx(0).margin(1e-12));
  const GaussianMixture<1> line({{1, {-2}}, {3, {2}}}, 0.4);
  CHECK(log_partition<double>(line, {.low = -6, .high = 6, .cells = 120}) ==
        Approx(0).margin(1e-12));
}

TEST_CASE("ln Z follows a constant of the energy beyond what exp can hold") {
  const auto shifted = [](double constant) {
    return log_partition<double>(expression<Shape<2>>([constant](const auto& x) {
                                   return 0.5 * (square(x[0]) + square(x[1])) + constant;
                                 }),
                                 {.low = -12, .high = 12, .cells = 96});
  };
  CHECK(shifted(2000) == Approx(std::log(2 * pi) - 2000).epsilon(1e-14));
  CHECK(shifted(-2000) == Approx(std::log(2 * pi) + 2000).epsilon(1e-14));
}

TEST_CASE("ln Z counts what is in the box: of energy 0, the volume") {
  const auto flat = expression<Shape<3>>([](const auto& x) { return 0.0 * x[0]; });
  CHECK(log_partition<double>(flat, {.low = -1, .high = 3, .cells = 5}) ==
        Approx(3 * std::log(4.0)));
}

TEST_CASE("cells are numbered with the last feature changing fastest") {
  const BoxGrid grid{.low = -1, .high = 2, .cells = 3};
  const auto all = cell_centers<double>(grid, 2, 0, 9);
  for (int cell = 0; cell < 9; ++cell) {
    CHECK(all(cell, 0) == Approx(-0.5 + cell / 3));
    CHECK(all(cell, 1) == Approx(-0.5 + cell % 3));
  }
  CHECK(cell_centers<double>(grid, 2, 4, 3) == all.middleRows(4, 3));
}

TEST_CASE("grids that make no sense are refused") {
  const Gaussian<2> energy;
  const auto message = [&](const BoxGrid& grid) {
    return message_of<InvalidArgument>([&] { static_cast<void>(log_partition(energy, grid)); });
  };
  CHECK(message({.low = 1, .high = 1}) ==
        "log_partition: low must be below high, both finite, got 1 and 1");
  CHECK(message({.cells = 0}) == "log_partition: cells must be >= 1, got 0");
  CHECK(message({.cells = 50000}) ==
        "log_partition: 50000 cells for each of 2 features are more than 2^31: a grid is for few "
        "features");
  CHECK(message_of<InvalidArgument>([] {
          static_cast<void>(cell_centers(BoxGrid{.cells = 3}, 2, 5, 5));
        }) == "cell_centers: the grid has 9 cells, got 5 from 5 on");
}
