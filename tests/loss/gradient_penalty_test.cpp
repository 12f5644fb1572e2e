// SPDX-License-Identifier: MIT
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<1, 6, 6>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                       GroupNorm<2>, Flatten, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Swish, Linear<1>>;
using NormOnData = GradientPenalty<NormPenalty, OnData>;

}  // namespace

TEST_CASE("gradient penalties and their gradients are PyTorch's") {
  const auto energy = reference_energy();
  const auto x = reference_samples();
  const auto norm = judged(energy, NormOnData({.weight = 10, .target = 1}), x, no_samples(x));
  CHECK(norm.result.loss.total == Approx(6.365591336637765).epsilon(1e-13));
  CHECK(norm.result.loss.parts[0] == norm.result.loss.total);
  CHECK(norm.result.data_score == Approx(scores(energy, x).mean()));
  const std::vector norm_gradient{-0.07777048020818533,
                                  -0.12569386762924203,
                                  2.9745454605685206,
                                  4.428267145915064,
                                  -0.5432159158161418,
                                  -0.7120483149487218,
                                  -0.21135708563273023,
                                  -2.603984315352939,
                                  -0.3435058271931114,
                                  -1.6313379352084105,
                                  4.264187778497377,
                                  -6.106560728441873,
                                  0.0};
  CHECK(relative_error(norm.gradient, norm_gradient) < 1e-10);

  const auto r1 = judged(energy, R1({.weight = 10}), x, no_samples(x));
  CHECK(r1.result.loss.total == Approx(0.21093148762953412).epsilon(1e-13));
  const std::vector r1_gradient{0.008077167018798442,
                                0.0112719382786836,
                                -0.40000620860269165,
                                -0.6189787165170912,
                                0.06684534628239983,
                                0.0834323103984028,
                                0.02593790615257555,
                                0.3322232815279532,
                                0.04447891590166021,
                                0.1837487622661333,
                                -0.5699300244011974,
                                0.7573125552814304,
                                0.0};
  CHECK(relative_error(r1.gradient, r1_gradient) < 1e-10);
}

TEST_CASE("the gradient of a gradient penalty is its finite differences") {
  const auto check = [](const auto& energy, int features) {
    const auto data = random_samples<double>(21, features, 1),
               samples = random_samples<double>(5, features, 2);
    CHECK(gradient_error(energy, GradientPenalty(), data, samples) < 1e-6);
    CHECK(gradient_error(energy, R1(), data, no_samples(data)) < 1e-6);
    CHECK(gradient_error(energy, R2(), data, samples) < 1e-6);
  };
  check(Neural<Net, double>(Rng{1}), 36);
  check(Neural<WithClass, double>(Rng{1}), 7);
  check(Neural<Net, double>(Rng{1}) * Neural<Net, double>(Rng{2}), 36);
}

TEST_CASE("samples pay where the penalty says so, and both roles pay their own mean") {
  const auto energy = reference_energy();
  const auto data = random_samples<double>(21, 2, 1), samples = random_samples<double>(40, 2, 2);
  const auto value = [&]<class Where>(const Where&) {
    const GradientPenalty<SquaredNormPenalty, Where> loss({.weight = 2});
    return judged(energy, loss, data, samples).result.loss.total;
  };
  const double on_data = energy_gradients(energy, data).rowwise().squaredNorm().mean();
  const double on_model = energy_gradients(energy, samples).rowwise().squaredNorm().mean();
  CHECK(value(OnData{}) == Approx(on_data).epsilon(1e-12));
  CHECK(value(OnModel{}) == Approx(on_model).epsilon(1e-12));
  CHECK(value(OnBoth{}) == Approx(on_data + on_model).epsilon(1e-12));
  STATIC_REQUIRE_FALSE(wants_chains<R1>());
  STATIC_REQUIRE_FALSE(wants_data<R2>());
}

TEST_CASE("a descent of the penalty leads a plane to slopes of the target's norm") {
  auto energy = expression<Shape<2>>(
      [](const auto& x, const auto& theta) { return theta[0] * x[0] + theta[1] * x[1]; },
      std::array{0.3, -0.4});
  const auto data = random_samples<double>(5, 2, 1);
  descend(energy, NormOnData({.weight = 1, .target = 2}), data, 0.2, 100);
  CHECK(energy.parameters()[0] == Approx(2 * 0.6));
  CHECK(energy.parameters()[1] == Approx(2 * -0.8));
}

TEST_CASE("a flat energy has a penalty, and no gradient of it") {
  const auto energy = expression<Shape<1>>(
      [](const auto& x, const auto& theta) { return theta[0] * x[0]; }, std::array{0.0});
  const Samples<double> data = Samples<double>::Ones(3, 1);
  const auto flat = judged(energy, NormOnData({.weight = 1, .target = 2}), data, no_samples(data));
  CHECK(flat.result.loss.total == Approx(4));
  CHECK(flat.gradient[0] == 0);
}

TEST_CASE("a gradient penalty without weight, or with a target below 0, is refused") {
  const auto message = [](const GradientPenaltyOptions& options) {
    return message_of<InvalidArgument>([&] { GradientPenalty<>{options}; });
  };
  CHECK(message({.weight = 0}) == "GradientPenalty: weight must be > 0 and finite, got 0");
  CHECK(message({.target = -1}) == "GradientPenalty: target must be >= 0 and finite, got -1");
}
