// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<1, 4, 4>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                       GroupNorm<2>, Flatten, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Swish, Linear<1>>;

/// The gradient against finite differences of a step whose parameters change, while those of the
/// energy at its end stay.
template <class E, class Sampler>
double error_of(E energy, const Sampler& sampler, const Samples<double>& x) {
  const E at_end = energy;
  const auto& o = sampler.options();
  const auto value = [&] {
    Samples<double> end = energy_gradients(energy, x).unaryExpr([&](double slope) {
      return -o.step_size *
             typename Sampler::template ClipPolicy<double>(o)(Pack<double>(slope)).lane(0);
    });
    end.rightCols(E::Input::condition_size).setZero();
    end += x;
    const auto domain = sampler.template domain<double>();
    for (Eigen::Index i = 0; i < end.rows(); ++i) {
      for (Eigen::Index j = 0; j < end.cols() - E::Input::condition_size; ++j) {
        end(i, j) = domain(Pack<double>(end(i, j))).lane(0);
      }
    }
    return energies(at_end, end).mean();
  };
  const auto of_loss = judged(energy, LastStepKl(sampler), x, x);
  CHECK(of_loss.result.loss.total == Approx(value()).epsilon(1e-12));
  CHECK(of_loss.result.model_score == Approx(scores(energy, x).mean()).epsilon(1e-12));
  return relative_error(of_loss.gradient, central_differences(energy, value));
}

}  // namespace

TEST_CASE("the gradient through the last step is PyTorch's") {
  const LastStepKl loss(Langevin<NoNoise, NoClip, Unbounded>({.step_size = 0.7}));
  const auto x = reference_samples();
  const auto result = judged(reference_energy(), loss, x, x);
  CHECK(result.result.loss.total == Approx(-0.6193500788403764).epsilon(1e-13));
  const std::vector expected{-0.0005391714851053784,
                             -0.0007511685266278416,
                             0.02668576434702743,
                             0.04098496309752116,
                             -0.004458229798330982,
                             -0.00552820911520318,
                             -0.0017214842797601084,
                             -0.022060520141292124,
                             -0.0029563804022883578,
                             -0.012209773054484438,
                             0.037833180882430956,
                             -0.050340584790857,
                             0.0};
  CHECK(relative_error(result.gradient, expected) < 1e-10);
}

TEST_CASE("the gradient through the last step is its finite differences, clipped or in a box") {
  using Clipped = Langevin<NoNoise, ClipElements, Box>;
  const auto x = random_samples<double>(21, 16, 1), pairs = random_samples<double>(5, 7, 1);
  const Neural<Net, double> net(Rng{1});
  const Neural<WithClass, double> with_class(Rng{1});
  const Langevin<NoNoise, NoClip, Unbounded> free({.step_size = 0.5});
  CHECK(error_of(net, free, x) < 1e-6);
  CHECK(error_of(with_class, free, pairs) < 1e-6);
  // Of 336 slopes, some are beyond the clip, and some steps lead out of the box.
  const Clipped clipped({.step_size = 2, .gradient_clip = 0.1});
  CHECK(energy_gradients(net, x).cwiseAbs().maxCoeff() > 0.1);
  CHECK(energy_gradients(net, x).cwiseAbs().minCoeff() < 0.1);
  CHECK(error_of(net, clipped, x) < 1e-6);
}

TEST_CASE("on a Gaussian the gradient has its closed form, with the noise of the step") {
  // E = theta x^2 / 2, x' = (1 - h theta) (x + s z): d/dtheta E(x') with a constant theta outside
  // is -h theta (1 - h theta) (x + s z)^2, whose mean over z has (x^2 + s^2).
  const double theta = 1.5, h = 0.2, s = 0.5;
  const auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& t) { return t[0] * square(x[0]) * 0.5; }, std::array{theta});
  const Samples<double> x = Samples<double>::Constant(20000, 1, 0.8);
  const LastStepKl loss(
      Langevin<ebm::GaussianNoise, NoClip, Unbounded>({.step_size = h, .noise = s}));
  const double factor = -h * theta * (1 - h * theta);
  // (x + s z)^2 has a variance of 4 x^2 s^2 + 2 s^4; the bound is 5 deviations of the mean: false
  // alarms in less than 1 of 10^6 seeds.
  const double deviation = std::sqrt((4 * 0.64 * s * s + 2 * s * s * s * s) / 20000);
  CHECK(judged(energy, loss, x, x).gradient[0] ==
        Approx(factor * (0.64 + s * s)).margin(5 * std::abs(factor) * deviation));

  // Where noise is last, x' = (1 - h theta) x + s z: -h theta x' x, of the mean factor x^2.
  const LastStepKl unadjusted(UnboundedLangevin({.step_size = h, .noise = s}));
  CHECK(judged(energy, unadjusted, x, x).gradient[0] ==
        Approx(factor * 0.64).margin(5 * h * theta * 0.8 * s / std::sqrt(20000.0)));
}

TEST_CASE("a step against the gradient makes chains end lower in the energy as it was") {
  Neural<Net, double> energy(Rng{1});
  const auto before = energy;
  const auto x = random_samples<double>(32, 16, 1);
  const Langevin<NoNoise, NoClip, Unbounded> sampler({.step_size = 0.5});
  const auto end_energy = [&] {
    return energies(before, Samples<double>(x - 0.5 * energy_gradients(energy, x))).mean();
  };
  const double at_first = end_energy();
  const auto gradient = judged(energy, LastStepKl(sampler), x, x).gradient;
  energy.change_parameters([&](std::span<double> parameters) {
    for (std::size_t i = 0; i < gradient.size(); ++i) parameters[i] -= 0.1 * gradient[i];
  });
  CHECK(end_energy() < at_first);
}

TEST_CASE("the loss judges chains alone, also beside contrastive divergence") {
  const auto x = random_samples<double>(20, 2, 1), data = random_samples<double>(9, 2, 2);
  const LastStepKl loss(Langevin({.step_size = 0.1}));
  STATIC_REQUIRE(Loss<LastStepKl<Langevin<>>>);
  STATIC_REQUIRE_FALSE(wants_data<std::remove_cvref_t<decltype(loss)>>());
  STATIC_REQUIRE(wants_chains<std::remove_cvref_t<decltype(loss)>>());
  const auto energy = reference_energy();
  const auto alone = judged(energy, loss, data, x),
             divergence = judged(energy, ContrastiveDivergence(), data, x),
             both = judged(energy, ContrastiveDivergence() + loss, data, x);
  CHECK(alone.result.data_score == 0);
  CHECK(both.result.loss.parts[2] == Approx(alone.result.loss.total));
  for (std::size_t i = 0; i < both.gradient.size(); ++i) {
    CHECK(both.gradient[i] == Approx(alone.gradient[i] + divergence.gradient[i]).margin(1e-12));
  }
}
