// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/frechet_distance.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

namespace {

using ebm::fit_gaussian;
using ebm::frechet_distance;
using ebm::GaussianFit;
using ebm::Samples;

GaussianFit diagonal(const Eigen::VectorXd& mean, const Eigen::VectorXd& variances) {
  return {mean, variances.asDiagonal()};
}

/// Samples from -1 to 1 along a direction, whose deviation is `deviation`.
Samples<double> line(const Eigen::RowVectorXd& direction, double deviation) {
  const double end = deviation / direction.norm();  // (-end, 0, end) has the variance end^2
  Samples<double> samples(3, direction.size());
  for (int i = 0; i < 3; ++i) samples.row(i) = (i - 1) * end * direction;
  return samples;
}

/// The features that the reference number below is of.
Samples<double> features(int rows, int (*element)(int, int), double scale, double slope) {
  Samples<double> result(rows, 3);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < 3; ++j) result(i, j) = element(i, j) / scale + slope * j;
  }
  return result;
}

}  // namespace

TEST_CASE("a fit is the mean and the covariance with one less than there are samples") {
  const Samples<float> samples{{1, 2}, {3, 2}, {5, 8}};
  const GaussianFit fit = fit_gaussian(samples);
  CHECK(fit.mean.isApprox(Eigen::Vector2d(3, 4)));
  CHECK(fit.covariance.isApprox(Eigen::Matrix2d{{4, 6}, {6, 12}}));
}

TEST_CASE("the distance of independent features is that of their means and deviations") {
  const auto a = diagonal(Eigen::Vector3d(1, 2, 3), Eigen::Vector3d(4, 9, 1));
  const auto b = diagonal(Eigen::Vector3d(1, 0, 4), Eigen::Vector3d(1, 16, 0));
  // 0 + 4 + 1 and, of deviations, (2 - 1)^2 + (3 - 4)^2 + (1 - 0)^2
  CHECK(frechet_distance(a, b) == Approx(8).epsilon(1e-14));
  CHECK(frechet_distance(b, a) == Approx(8).epsilon(1e-14));
}

TEST_CASE("the distance of correlated features is scipy's") {
  // m = m_a - m_b; m @ m + trace(S_a + S_b - 2 scipy.linalg.sqrtm(S_a @ S_b)), scipy 1.17 in double
  const GaussianFit a{Eigen::Vector3d(1, -2, 0.5),
                      Eigen::Matrix3d{{2, 0.5, -0.3}, {0.5, 1, 0.2}, {-0.3, 0.2, 0.7}}};
  const GaussianFit b{Eigen::Vector3d(0, 1, 0),
                      Eigen::Matrix3d{{1, -0.4, 0.1}, {-0.4, 3, 0.6}, {0.1, 0.6, 0.5}}};
  CHECK(frechet_distance(a, b) == Approx(11.392828052934375).epsilon(1e-13));

  // The same with numpy.mean and numpy.cov of these features.
  const auto x = features(8, [](int i, int j) { return (7 * i + 3 * j * j + i * j) % 11; }, 4, 0);
  const auto y =
      features(10, [](int i, int j) { return (5 * i + 4 * j + i * i * j) % 13; }, 5, -0.5);
  const double expected = frechet_distance(fit_gaussian((x.array() - 1).matrix()), fit_gaussian(y));
  CHECK(expected == Approx(0.8833811729801593).epsilon(1e-12));
  CHECK(frechet_distance((x.array() - 1).matrix(), y) == expected);
  CHECK(frechet_distance(fit_gaussian((x.array() - 1).matrix()), y) == expected);
}

TEST_CASE("float features are those that the same doubles give") {
  const auto a = random_samples<float>(20, 4, 1), b = random_samples<float>(30, 4, 2);
  CHECK(frechet_distance(a, b) == frechet_distance(a.cast<double>().eval(), b.cast<double>()));
}

TEST_CASE("equal sets are at distance 0") {
  const auto many = random_samples<double>(50, 6, 3), few = random_samples<double>(4, 6, 4);
  CHECK(frechet_distance(many, many) < 1e-13);
  CHECK(frechet_distance(few, few) < 1e-13);
  const Samples<double> still = Samples<double>::Constant(5, 3, 0.1);
  CHECK(frechet_distance(still, still) == 0);
}

TEST_CASE("a rotation and a shift of both sets leave their distance") {
  const auto a = random_samples<double>(40, 5, 5), b = random_samples<double>(30, 5, 6);
  const Eigen::VectorXd v = Eigen::VectorXd::LinSpaced(5, -1, 2).normalized();
  const Eigen::MatrixXd mirror = Eigen::MatrixXd::Identity(5, 5) - 2 * v * v.transpose();
  const Eigen::RowVectorXd shift = Eigen::RowVectorXd::LinSpaced(5, 3, -1);
  const Samples<double> a2 = (a * mirror).rowwise() + shift, b2 = (b * mirror).rowwise() + shift;
  CHECK(frechet_distance(a2, b2) == Approx(frechet_distance(a, b)).epsilon(1e-11));
}

TEST_CASE("directions that hardly vary keep their part") {
  // Of deviations 1, 1e-4 and 1, 1e-6, turned: (1e-4 - 1e-6)^2. An eigenvalue of S_a S_b is 1e-20.
  const Eigen::Vector3d v = Eigen::Vector3d(1, 2, 3).normalized();
  const Eigen::Matrix3d mirror = Eigen::Matrix3d::Identity() - 2 * v * v.transpose();
  const auto turned = [&](double variance) {
    const Eigen::Matrix3d covariance = Eigen::Vector3d(1, 1, variance).asDiagonal();
    return GaussianFit{Eigen::Vector3d::Zero(), mirror * covariance * mirror};
  };
  CHECK(frechet_distance(turned(1e-8), turned(1e-12)) == Approx(9.9e-5 * 9.9e-5).epsilon(1e-3));
  CHECK(frechet_distance(turned(1e-8), turned(1e-8)) < 1e-14);
}

TEST_CASE("fewer samples than features have their distance too") {
  // Of deviations s and t along lines with an angle between them: s^2 + t^2 - 2 s t |cos angle|.
  const Eigen::RowVectorXd up = Eigen::RowVectorXd::Unit(6, 0),
                           diagonal = Eigen::RowVectorXd::Ones(6);
  CHECK(frechet_distance(line(up, 2), line(up, 5)) == Approx(9).epsilon(1e-12));
  CHECK(frechet_distance(line(up, 2), line(Eigen::RowVectorXd::Unit(6, 1), 5)) ==
        Approx(29).epsilon(1e-12));
  CHECK(frechet_distance(line(diagonal, 2), line(up, 5)) ==
        Approx(29 - 20 / std::sqrt(6.0)).epsilon(1e-12));
}

TEST_CASE("what has no distance is refused") {
  const auto message = [](const auto& a, const auto& b) {
    return message_of<ebm::InvalidArgument>([&] { (void)frechet_distance(a, b); });
  };
  Samples<double> good = random_samples<double>(4, 3, 7), bad = good;
  bad(2, 1) = std::numeric_limits<double>::infinity();
  CHECK(message(good.topRows(1), good) ==
        "fit_gaussian: expected 2 samples or more of 1 feature or more, got 1 of 3");
  CHECK(message(good, good.leftCols(0)) ==
        "fit_gaussian: expected 2 samples or more of 1 feature or more, got 4 of 0");
  CHECK(message(good, bad) == "fit_gaussian: sample 2 holds a value that is not finite");
  CHECK(message(good, good.leftCols(2)) ==
        "frechet_distance: got 3 features and 2, expected as many in both sets");
  GaussianFit fit = fit_gaussian(good);
  fit.covariance(0, 0) = std::nan("");
  CHECK(message(fit, good) == "frechet_distance: a mean or covariance is not finite");
  fit.covariance.resize(2, 3);
  CHECK(message(good, fit) ==
        "frechet_distance: a mean of 3 features and a covariance of 2x3 don't fit");
}
