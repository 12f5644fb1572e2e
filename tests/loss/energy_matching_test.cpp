// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/ebm.hpp>
#include <limits>
#include <numeric>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<1, 4, 4>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                       GroupNorm<2>, Flatten, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Swish, Linear<1>>;

double cost_of(const PairCosts& costs, const std::vector<int>& partners) {
  double sum = 0;
  for (std::size_t i = 0; i < partners.size(); ++i) {
    sum += costs[i][static_cast<std::size_t>(partners[i])];
  }
  return sum;
}

std::vector<int> cheapest(const PairCosts& costs, int rows) {
  const Partners partners = cheapest_partners(costs, rows);
  return {partners.begin(), partners.begin() + rows};
}

PairCosts random_costs(std::uint64_t id) {
  PairCosts costs;
  const auto values = random_values<double>(std::size_t{lanes * lanes}, id);
  for (std::size_t i = 0; i < values.size(); ++i) {
    costs[i / std::size_t{lanes}][i % std::size_t{lanes}] = values[i];
  }
  return costs;
}

}  // namespace

TEST_CASE("partners are those of the cheapest of all assignments") {
  for (const int rows : {1, 2, 3, 5, 7}) {
    for (std::uint64_t id = 0; id < 20; ++id) {
      const PairCosts costs = random_costs(id);
      std::vector<int> order(static_cast<std::size_t>(rows));
      std::iota(order.begin(), order.end(), 0);
      double least = cost_of(costs, order);
      while (std::next_permutation(order.begin(), order.end())) {
        least = std::min(least, cost_of(costs, order));
      }
      CHECK(cost_of(costs, cheapest(costs, rows)) == Approx(least).epsilon(1e-13));
    }
  }
}

TEST_CASE("on a line partners stand in the same order, in a whole block too") {
  Pack<double> a, b;
  const auto of_a = random_values<double>(std::size_t{lanes}, 1),
             of_b = random_values<double>(std::size_t{lanes}, 2);
  a = Pack<double>::load_unaligned(of_a.data());
  b = Pack<double>::load_unaligned(of_b.data());
  OptimalCoupling::pair(&a, &b, 1, lanes);
  for (int i = 0; i < lanes; ++i) {
    for (int j = 0; j < lanes; ++j) {
      CHECK((a.lane(i) < a.lane(j)) == (b.lane(i) < b.lane(j)));
    }
  }
}

TEST_CASE("partners in a block that is not full are among its samples") {
  Pack<double> a, b;
  const auto of_a = random_values<double>(std::size_t{lanes}, 1),
             of_b = random_values<double>(std::size_t{lanes}, 2);
  a = Pack<double>::load_unaligned(of_a.data());
  b = Pack<double>::load_unaligned(of_b.data());
  OptimalCoupling::pair(&a, &b, 1, 5);
  std::vector<double> before(of_b.begin(), of_b.begin() + 5), after;
  for (int i = 0; i < 5; ++i) after.push_back(b.lane(i));
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) CHECK((a.lane(i) < a.lane(j)) == (b.lane(i) < b.lane(j)));
  }
  CHECK(std::is_permutation(before.begin(), before.end(), after.begin()));
  for (int i = 5; i < lanes; ++i) CHECK(b.lane(i) == of_b[static_cast<std::size_t>(i)]);
}

TEST_CASE("the gradient of energy matching is its finite differences") {
  const auto check = [](const auto& loss) {
    const auto x = random_samples<double>(21, 16, 1), pairs = random_samples<double>(5, 7, 1);
    CHECK(gradient_error(Neural<Net, double>(Rng{1}), loss, x, no_samples(x)) < 1e-6);
    CHECK(gradient_error(Neural<WithClass, double>(Rng{1}), loss, pairs, no_samples(pairs)) < 1e-6);
  };
  check(EnergyMatching());
  check(EnergyMatching<IndependentCoupling>({.noise = 0.3}));
}

TEST_CASE("slopes of energy matching are the least-squares fit of the paths' velocities") {
  // All data at m, noise y + m of deviation s: x_t = m + (1 - t) y, and a x_t - b is fitted to y,
  // whose mean is -m. So a = cov((1 - t) y, y) / var((1 - t) y), and b follows from the means.
  const double m = 0.7, s = 0.5;
  const double a = (s * s / 2) / ((s * s + m * m) / 3 - m * m / 4), b = m * (1 + a / 2);
  auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& theta) {
        return theta[0] * square(x[0]) * 0.5 - theta[1] * x[0];
      },
      std::array{1.0, 0.0});
  const Samples<double> data = Samples<double>::Constant(16384, 1, m);
  descend(energy, EnergyMatching<IndependentCoupling>({.noise = s}), data, 0.5, 500);
  // What is left of y has a deviation below 0.5, so that of a and b is below 0.5 / (0.35 x 128) =
  // 0.011: within 5 of it but for less than 1 of 10^5 seeds.
  CHECK(energy.parameters()[0] == Approx(a).margin(0.055));
  CHECK(energy.parameters()[1] == Approx(b).margin(0.055));
}

TEST_CASE("optimal coupling has shorter paths, and so a smaller loss of a flat energy") {
  const auto flat = expression<Shape<2>>(
      [](const auto& x, const auto& theta) { return theta[0] * x[0]; }, std::array{0.0});
  const auto data = normal_samples(4096, {0, 0}, {1, 1}, 2);
  const auto value = [&](const auto& loss) {
    return judged(flat, loss, data, no_samples(data)).result.loss.total;
  };
  // The mean of |x1 - x0|^2 is 4 where they are independent, with a deviation of 4 / sqrt(4096);
  // 5 deviations: false alarms in less than 1 of 10^6 seeds.
  CHECK(value(EnergyMatching<IndependentCoupling>()) == Approx(4).margin(5 * 4.0 / 64));
  CHECK(value(EnergyMatching<OptimalCoupling>()) < 2);
}

TEST_CASE("energy matching without noise, and costs that are no numbers, are refused") {
  CHECK(message_of<InvalidArgument>([] { EnergyMatching<>({.noise = 0}); }) ==
        "EnergyMatching: noise must be > 0 and finite, got 0");
  for (const double cost : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    PairCosts costs = random_costs(1);
    costs[1].fill(cost);
    CHECK(message_of<InvalidArgument>([&] { return cheapest_partners(costs, 3); }) ==
          "cheapest_partners: costs must be finite");
  }
}
