// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/expression.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/spectral_norm.hpp>
#include <stdexcept>

#include "support/batch_loss.hpp"
#include "support/catch.hpp"
#include "support/check_gradient.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<2>, Linear<5>, Swish, Linear<1>>;
using Network = Neural<Net, double>;

template <class E>
Eigen::VectorXd values(const E& energy, const Samples<double>& samples) {
  return energies(energy, samples);
}

/// The contrastive divergence's parameter gradient, against central differences.
template <class E>
void check_parameter_gradient(E& energy, const Samples<double>& x) {
  BatchLoss loss(energy, x, x);
  const auto gradient = loss.gradient();
  CHECK(relative_error(gradient, central_differences(energy, [&] { return loss.value(); })) < 1e-6);
}

}  // namespace

TEST_CASE("sums, differences, products and scaled energies have the values of their parts") {
  const Gaussian<2> a({0.3, -0.2}, {0.5, 2});
  const DoubleWell<2> b(1.5);
  const auto x = random_samples<double>(20, 2, 1);
  CHECK(values(a + b, x).isApprox(values(a, x) + values(b, x), 1e-14));
  CHECK(values(a - b, x).isApprox(values(a, x) - values(b, x), 1e-14));
  CHECK(values(a * b, x).isApprox(values(a, x).cwiseProduct(values(b, x)), 1e-14));
  CHECK(values(2.5 * a, x).isApprox(2.5 * values(a, x), 1e-14));
  CHECK(values(0.5 * (a + 3 * b) * a, x)
            .isApprox((0.5 * (values(a, x) + 3 * values(b, x))).cwiseProduct(values(a, x)), 1e-14));
}

TEST_CASE("the mixture of two energies has the sum of their densities") {
  const GaussianMixture<2> a({{1, {-1, 0}}}, 0.5), b({{1, {1, 0.5}}}, 0.5);
  const GaussianMixture<2> both({{1, {-1, 0}}, {1, {1, 0.5}}}, 0.5);
  const auto x = random_samples<double>(20, 2, 1);
  // That of both is normalised, the sum of two is 2 exp(-E).
  CHECK(values(mixture(a, b), x).isApprox((values(both, x).array() - std::log(2)).matrix(), 1e-13));
}

TEST_CASE("a mixture's energy is finite where neither density is a number above 0") {
  const auto at = [](float e) {
    return expression<Shape<1>>([e](const auto& x) { return 0 * x[0] + e; });
  };
  const Samples<double> x = Samples<double>::Zero(1, 1);
  CHECK(values(mixture(at(2000), at(3000)), x)[0] == 2000);
  CHECK(values(mixture(at(3000), at(-2000)), x)[0] == -2000);
}

TEST_CASE("combined energies have the gradients of finite differences") {
  const Gaussian<2> a({0.3, -0.2}, {0.5, 2});
  const Network network(Rng{1});
  const auto tilt = expression<Shape<2>>([](const auto& x) { return sin(x[0]) + x[0] * x[1]; });
  const auto x = random_samples<double>(5, 2, 1);
  check_energy_gradient(a + tilt, x);
  check_energy_gradient(a - tilt, x);
  check_energy_gradient(a * tilt, x);
  check_energy_gradient(2.5 * a, x);
  check_energy_gradient(mixture(a, tilt), x);
  // A network adds its input gradient to what others have left there.
  check_energy_gradient(a + reference(network), x);
  check_energy_gradient(reference(network) + a, x);
  check_energy_gradient(reference(network) * reference(network) + 0.1 * tilt, x);
}

TEST_CASE("a factor may stand on either side of its energy") {
  const Gaussian<2> a({1, 2}, {1, 2});
  const auto x = random_samples<double>(3, 2, 1);
  CHECK(values(a * 3, x) == values(3 * a, x));
}

TEST_CASE("a reference follows the energy that it refers to") {
  Network network(Rng{1});
  const auto doubled = 2 * reference(network);
  const auto x = random_samples<double>(3, 2, 1);
  const auto before = values(doubled, x);
  network.change_parameters([](std::span<double> parameters) { parameters.back() += 1; });
  CHECK(values(doubled, x).isApprox((before.array() - 2).matrix(), 1e-12));
}

TEST_CASE("a combined energy passes parameter gradients on to its network") {
  Network network(Rng{1});
  const auto energy = 3 * reference(network);
  const auto x = random_samples<double>(lanes, 2, 1);
  std::vector<double> gradient(network.parameters().size());
  Tape<double, Wrt::parameters> tape;
  tape.set_parameter_gradient(gradient);
  Pack<double>* block = tape.allocate(2);
  load_block<Shape<2>, double>(x, 0, block);
  tape.backward(energy(tape.input<Shape<2>>(block)));
  const auto sum = [&] { return values(energy, x).sum(); };
  CHECK(relative_error(gradient, central_differences(network, sum)) < 1e-6);
}

TEST_CASE("combinations of trainable energies train all their parts") {
  const auto formula = expression<Shape<2>>(
      [](const auto& x, const auto& theta) {
        return theta[0] * square(x[0]) + theta[1] * square(x[1]);
      },
      std::array{0.7, -0.3});
  const auto x = random_samples<double>(40, 2, 1);
  const auto check = [&](auto energy, std::size_t parameters) {
    STATIC_REQUIRE(TrainableEnergy<decltype(energy)>);
    REQUIRE(energy.parameters().size() == parameters);
    check_parameter_gradient(energy, x);
    check_energy_gradient(energy, x);
    int expected = 0;
    for (const auto& info : energy.parameter_infos()) {
      CHECK(info.offset == expected);
      expected += info.size;
    }
    CHECK(expected == static_cast<int>(parameters));
  };
  const Network network(Rng{1});
  const auto n = network.parameters().size();
  const Gaussian<2> prior;
  check(network + prior, n);
  check(prior + network, n);
  check(0.5 * network * prior, n);
  check(network + formula, n + 2);
  check(formula * network, n + 2);
  check(formula - network, n + 2);
  check(mixture(network, prior), n);
  check(mixture(formula, network), n + 2);
  check(2 * (formula + network) + network * formula, 2 * n + 4);
  CHECK((network + formula).parameter_infos()[0].name == "a.linear1.weight");
  CHECK((network + prior).parameter_infos()[0].name == "linear1.weight");
}

TEST_CASE("a network's norms get their gradients inside of a sum") {
  using Normed =
      Neural<Sequential<Shape<2>, SpectralNorm<Linear<4>, 1000>, Swish, Linear<1>>, double>;
  auto energy = Neural<Sequential<Shape<2>, Linear<1>>, double>(Rng{1}) + Normed(Rng{2});
  const auto x = random_samples<double>(20, 2, 1);
  check_parameter_gradient(energy, x);
}

TEST_CASE("a change of a sum's parameters that throws counts as far as it came") {
  auto sum = Network(Rng{1}) + Network(Rng{2});
  const auto x = random_samples<double>(3, 2, 1);
  const auto before = values(sum, x);
  CHECK_THROWS(sum.change_parameters([](std::span<double> parameters) {
    parameters.back() += 1;
    throw std::runtime_error("half way");
  }));
  CHECK(values(sum, x).isApprox((before.array() - 1).matrix(), 1e-12));
}
