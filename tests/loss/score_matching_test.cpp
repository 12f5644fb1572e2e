// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/ebm.hpp>

#include "support/catch.hpp"
#include "support/judged.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<1, 4, 4>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                       GroupNorm<2>, Flatten, Linear<1>>;
using WithClass =
    Sequential<Conditioned<Shape<4>, Shape<3>>, Linear<6>, AddCondition, Tanh, Linear<1>>;
using Attentive =
    Sequential<Shape<4, 2, 2>, Conv2d<4, Kernel<1>>, Residual<SelfAttention<2>>, Gelu,
               SpectralNorm<Conv2d<4, Kernel<2>>>, Mish, Flatten, LayerNorm<>, Linear<1>>;

const auto formula = expression<Shape<3>>(
    [](const auto& x, const auto& theta) {
      return exp(theta[0] * x[0]) + log(square(x[1]) + 1 + square(theta[1])) +
             sin(x[0] * theta[2]) * cos(x[1]) +
             sqrt(1 + squared_norm(x)) * sigmoid(theta[3] * x[2]) +
             softplus(x[0] * theta[4]) / (2 + tanh(x[2]));
    },
    std::array{0.3, 0.7, -0.6, 1.1, -0.8});

/// v^T H v of each sample, as losses compute it.
template <class E>
std::vector<double> curvatures(const E& energy, const Samples<double>& x,
                               const Samples<double>& v) {
  using S = typename E::Input;
  CurvatureTape<double> tape;
  std::vector<double> unused(energy.parameters().size()), result;
  tape.set_parameter_gradient(unused);
  AlignedVector<Pack<double>> at(S::size), along(S::size);
  for (int block = 0; block < block_count(x.rows()); ++block) {
    load_block<S>(ConstSamplesRef<double>(x), block, at.data());
    load_block<S>(ConstSamplesRef<double>(v), block, along.data());
    const auto derivatives = add_gradient_along_twice(
        energy, tape, at.data(), [&](int i) { return along[static_cast<std::size_t>(i)]; },
        [](const auto&) { return std::array{Pack<double>(0.0), Pack<double>(1.0)}; });
    for (int lane = 0; lane < block_fill(x.rows(), block); ++lane) {
      result.push_back(derivatives.curvature.lane(lane));
    }
  }
  return result;
}

/// The energy theta_0 x_0^2 / 2 + theta_1 x_0 x_1 + theta_2 x_1^2 / 2 of a normal distribution.
auto normal_energy() {
  return expression<Shape<2>>(
      [](const auto& x, const auto& theta) {
        return theta[0] * square(x[0]) * 0.5 + theta[1] * x[0] * x[1] +
               theta[2] * square(x[1]) * 0.5;
      },
      std::array{1.0, 0.0, 1.0});
}

}  // namespace

TEST_CASE("score matching and its gradient are PyTorch's") {
  const auto x = reference_samples();
  const auto result = judged(reference_energy(), ScoreMatching(), x, no_samples(x));
  CHECK(result.result.loss.total == Approx(-0.050361979838206936).epsilon(1e-12));
  CHECK(result.result.data_score == Approx(scores(reference_energy(), x).mean()));
  const std::vector expected{0.00974857354911107,
                             0.024688319020666292,
                             0.14302631786166514,
                             0.19889186052608662,
                             0.04038244988728005,
                             0.037966687516948906,
                             0.007830925232841204,
                             0.02991820865570866,
                             -0.0005282433675870276,
                             0.14179979665255796,
                             0.09630920626817688,
                             0.215020354770934,
                             0.0};
  CHECK(relative_error(result.gradient, expected) < 1e-10);
}

TEST_CASE("duals of duals curve networks and formulas as their second derivatives do") {
  const auto check = [](const auto& energy, int features) {
    const auto x = random_samples<double>(20, features, 1),
               v = random_samples<double>(20, features, 2);
    const Eigen::VectorXd expected =
        hessian_vector_product(energy, x, v).cwiseProduct(v).rowwise().sum();
    CHECK(relative_error(curvatures(energy, x, v), expected) < 1e-12);
  };
  check(Neural<Net, double>(Rng{1}), 16);
  check(Neural<Attentive, double>(Rng{1}), 16);
  check(formula, 3);
  check(Neural<Net, double>(Rng{1}) * Neural<Net, double>(Rng{2}), 16);
}

TEST_CASE("the gradient of score matching is its finite differences") {
  const auto check = [](const auto& energy, int features) {
    const auto x = random_samples<double>(19, features, 1);
    CHECK(gradient_error(energy, ScoreMatching(), x, no_samples(x)) < 1e-6);
  };
  check(Neural<Net, double>(Rng{1}), 16);
  check(Neural<Attentive, double>(Rng{1}), 16);
  check(Neural<WithClass, double>(Rng{1}), 7);
  check(formula, 3);
  check(Neural<Net, double>(Rng{1}) * Neural<Net, double>(Rng{2}), 16);
}

TEST_CASE("the gradient of sliced score matching is its finite differences") {
  const auto check = [](const auto& loss) {
    const auto x = random_samples<double>(19, 16, 1), pairs = random_samples<double>(5, 7, 2);
    CHECK(gradient_error(Neural<Net, double>(Rng{1}), loss, x, no_samples(x)) < 1e-6);
    CHECK(gradient_error(Neural<WithClass, double>(Rng{1}), loss, pairs, no_samples(pairs)) < 1e-6);
  };
  check(SlicedScoreMatching());
  check(SlicedScoreMatching<NormalDirections>({.projections = 3}));
  check(SlicedScoreMatching<RademacherDirections, SquareAlongDirection>({.projections = 2}));
}

TEST_CASE("with one feature, slices along 1 and -1 are the whole") {
  const auto energy = Neural<Sequential<Shape<1>, Linear<5>, Swish, Linear<1>>, double>(Rng{1});
  const auto x = random_samples<double>(21, 1, 1);
  const auto whole = judged(energy, ScoreMatching(), x, no_samples(x));
  const auto check = [&](const auto& loss) {
    const auto sliced = judged(energy, loss, x, no_samples(x));
    CHECK(sliced.result.loss.total == Approx(whole.result.loss.total).epsilon(1e-13));
    CHECK(sliced.result.data_score == Approx(whole.result.data_score).epsilon(1e-13));
    CHECK(relative_error(sliced.gradient, whole.gradient) < 1e-12);
  };
  check(SlicedScoreMatching({.projections = 2}));
  check(SlicedScoreMatching<RademacherDirections, SquareAlongDirection>());
}

TEST_CASE("in the mean over directions, sliced score matching is score matching") {
  const auto energy = Neural<Net, double>(Rng{1});
  const auto x = random_samples<double>(16, 16, 1);
  const double whole = judged(energy, ScoreMatching(), x, no_samples(x)).result.loss.total;
  const auto check = [&](const auto& loss_of) {
    // The mean of 64 x 64 directions against 5 of its deviations, estimated from 64 means of 64;
    // false alarms: with less than 1 of 10^5 seeds.
    double sum = 0, squares = 0;
    for (std::uint32_t seed = 0; seed < 64; ++seed) {
      std::vector<double> unused(energy.parameters().size());
      LossGradient<double> loss_gradient;
      Serial serial;
      const double value = loss_gradient(energy, loss_of, x, no_samples(x), serial,
                                         std::span(unused), SampleDraws{Rng{seed}, 0})
                               .loss.total;
      sum += value;
      squares += value * value;
    }
    const double mean = sum / 64, variance = squares / 64 - mean * mean;
    CHECK(variance > 0);
    CHECK(mean == Approx(whole).margin(5 * std::sqrt(variance / 63)));
  };
  check(SlicedScoreMatching({.projections = 64}));
  check(SlicedScoreMatching<NormalDirections>({.projections = 64}));
  check(SlicedScoreMatching<RademacherDirections, SquareAlongDirection>({.projections = 64}));
}

TEST_CASE("score matching finds the precision of a Gaussian: the inverse of the data's moments") {
  Samples<double> data = normal_samples(512, {0, 0}, {0.8, 0.5}, 2);
  data.col(1) += 0.4 * data.col(0);
  const double a = data.col(0).squaredNorm() / 512, b = data.col(0).dot(data.col(1)) / 512;
  const double c = data.col(1).squaredNorm() / 512, determinant = a * c - b * b;
  auto energy = normal_energy();
  descend(energy, ScoreMatching(), data, 1, 500);
  const auto theta = energy.parameters();
  CHECK(theta[0] == Approx(c / determinant).epsilon(1e-9));
  CHECK(theta[1] == Approx(-b / determinant).epsilon(1e-9));
  CHECK(theta[2] == Approx(a / determinant).epsilon(1e-9));

  // Along directions of 1 and -1 the trace of a diagonal matrix is exact.
  auto diagonal = expression<Shape<2>>(
      [](const auto& x, const auto& t) {
        return t[0] * square(x[0]) * 0.5 + t[1] * square(x[1]) * 0.5;
      },
      std::array{1.0, 1.0});
  descend(diagonal, SlicedScoreMatching(), data, 1, 500);
  CHECK(diagonal.parameters()[0] == Approx(512 / data.col(0).squaredNorm()).epsilon(1e-9));
  CHECK(diagonal.parameters()[1] == Approx(512 / data.col(1).squaredNorm()).epsilon(1e-9));
}

TEST_CASE("no projections are refused") {
  CHECK(message_of<InvalidArgument>([] { SlicedScoreMatching<>({.projections = 0}); }) ==
        "SlicedScoreMatching: projections must be >= 1, got 0");
}
