// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/eval/gaussian_fit.hpp>
#include <limits>

/// How far two sets of features are from each other, as normal distributions.
namespace ebm::inline EBM_ABI {

namespace detail {

inline const GaussianFit& gaussian_of(const GaussianFit& fit) {
  return fit;
}
template <class Features>
GaussianFit gaussian_of(const Eigen::MatrixBase<Features>& features) {
  return fit_gaussian(features);
}

/// r of r r^T = covariance, with as many columns as that has directions, [feature][direction].
template <class Matrix>
Matrix root_of(const Matrix& covariance) {
  const auto eigen = symmetric_eigen("frechet_distance", covariance);
  const auto& values = eigen.eigenvalues();
  // What is no more than a rounding of zero, 1e-16, would have a root of 1e-8.
  const double least = static_cast<double>(values.size()) * std::numeric_limits<double>::epsilon() *
                       values.cwiseAbs().maxCoeff();
  const Eigen::Index rank = (values.array() > least).count();
  return eigen.eigenvectors().rightCols(rank) * values.tail(rank).cwiseSqrt().asDiagonal();
}

/// tr (a b)^1/2 of symmetric matrices without negative eigenvalues, singular or not.
///
/// With a = r r^T and b = s s^T it is the sum of the singular values of r^T s, for a b has the
/// eigenvalues of (r^T s)(r^T s)^T: no root is taken of a small number. Plus and minus the singular
/// values of m are the eigenvalues of ((0, m), (m^T, 0)), so one solver does for all.
template <class Matrix>
double trace_of_root(const Matrix& a, const Matrix& b) {
  const Matrix product = root_of(a).transpose() * root_of(b);
  const Eigen::Index rows = product.rows(), columns = product.cols();
  if (product.size() == 0) return 0;
  Matrix both = Matrix::Zero(rows + columns, rows + columns);
  both.topRightCorner(rows, columns) = product;
  both.bottomLeftCorner(columns, rows) = product.transpose();
  return symmetric_eigen("frechet_distance", both, Eigen::EigenvaluesOnly)
             .eigenvalues()
             .cwiseAbs()
             .sum() /
         2;
}

/// Throws `InvalidArgument` unless mean and covariance fit each other and are finite.
template <class Fit>
void require_gaussian(const Fit& fit) {
  const Eigen::Index features = fit.mean.size();
  require(features > 0 && fit.covariance.rows() == features && fit.covariance.cols() == features,
          "frechet_distance: a mean of ", features, " features and a covariance of ",
          fit.covariance.rows(), "x", fit.covariance.cols(), " don't fit");
  require(fit.mean.allFinite() && fit.covariance.allFinite(),
          "frechet_distance: a mean or covariance is not finite");
}

/// Fit: `GaussianFit`
template <class Fit>
double distance_of_gaussians(const Fit& a, const Fit& b) {
  const double distance = (a.mean - b.mean).squaredNorm() + a.covariance.trace() +
                          b.covariance.trace() - 2 * trace_of_root(a.covariance, b.covariance);
  return std::max(0.0, distance);  // where sets are equal, roundings may be below zero
}

}  // namespace detail

/// The squared Fréchet distance of two normal distributions, each that of a set of features:
///
///     |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^1/2)
///
/// With the features of an Inception network it is the FID. Sets that are too small for their
/// covariance are further apart than their distributions: compare distances of equally many samples
/// alone.
/// a, b: each a `GaussianFit`, such as one of a reference set that was fitted once, or features,
/// [sample][feature], of float or double, at least 2 samples; result: >= 0, computed in double
/// Throws `InvalidArgument` for fewer samples, other features in b than in a, and values that are
/// not finite.
/// Sources: Dowson & Landau, "The Fréchet distance between multivariate normal distributions",
/// 1982; Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
/// Equilibrium", 2017, eq. 6.
template <class A, class B>
[[nodiscard]] double frechet_distance(const A& a, const B& b) {
  const GaussianFit& of_a = detail::gaussian_of(a);
  const GaussianFit& of_b = detail::gaussian_of(b);
  detail::require_gaussian(of_a);
  detail::require_gaussian(of_b);
  require(of_a.mean.size() == of_b.mean.size(), "frechet_distance: got ", of_a.mean.size(),
          " features and ", of_b.mean.size(), ", expected as many in both sets");
  return detail::distance_of_gaussians(of_a, of_b);
}

}  // namespace ebm::inline EBM_ABI
