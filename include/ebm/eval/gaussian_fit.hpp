// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/eigenvalues.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/core/samples.hpp>

namespace ebm::inline EBM_ABI {

/// What a normal distribution is known by, such as one fitted to a reference set.
struct GaussianFit {
  Eigen::VectorXd mean;        ///< [feature]
  Eigen::MatrixXd covariance;  ///< [feature][feature], symmetric
};

namespace detail {

// Eigen's expressions are in templates that depend on the type of a matrix, which is always of
// double: so only a program that calls them compiles them.

/// rows: [sample][feature]
template <class Rows>
[[nodiscard]] GaussianFit gaussian_of_rows(Rows rows) {
  require_finite_samples<double>("fit_gaussian", rows);
  GaussianFit fit;
  fit.mean = rows.colwise().mean();
  rows.rowwise() -= fit.mean.transpose();
  fit.covariance.noalias() = rows.transpose() * rows;
  fit.covariance /= static_cast<double>(rows.rows() - 1);
  return fit;
}

/// Eigenvalues in ascending order and, unless left out, eigenvectors of a symmetric matrix.
///
/// Throws `Error`, in the name of `function`, if the iteration does not converge.
template <class Matrix>
[[nodiscard]] Eigen::SelfAdjointEigenSolver<Matrix> symmetric_eigen(
    const char* function, const Matrix& matrix, int options = Eigen::ComputeEigenvectors) {
  Eigen::SelfAdjointEigenSolver<Matrix> solver(matrix, options);
  if (solver.info() != Eigen::Success) {
    throw Error(sentence(function, ": the eigenvalues of a covariance were not found"));
  }
  return solver;
}

}  // namespace detail

/// The mean of features and their covariance, which divides by one less than there are samples.
///
/// features: [sample][feature], of float or double, at least 2 samples
/// Throws `InvalidArgument` for fewer, without features, and for a value that is not finite.
template <class Features>
[[nodiscard]] GaussianFit fit_gaussian(const Eigen::MatrixBase<Features>& features) {
  require(features.rows() >= 2 && features.cols() >= 1,
          "fit_gaussian: expected 2 samples or more of 1 feature or more, got ", features.rows(),
          " of ", features.cols());
  return detail::gaussian_of_rows(Samples<double>(features.template cast<double>()));
}

}  // namespace ebm::inline EBM_ABI
