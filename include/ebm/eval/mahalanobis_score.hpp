// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ebm/core/state.hpp>
#include <ebm/eval/gaussian_fit.hpp>
#include <limits>
#include <span>
#include <vector>

/// How usual a vector of features is.
namespace ebm {  // the same for every instruction set

/// Options of a fit for Mahalanobis distances.
struct MahalanobisOptions {
  /// Least variance of a direction, as a share of the mean one, in (0, 1); features are divided by
  /// their deviations before.
  double least_variance = 1e-6;
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// W of W^T W = covariance^-1 but for directions that hardly vary, [direction][feature]
template <class Matrix>
Samples<double> whitening(const Matrix& covariance, double least_variance) {
  const auto scales = covariance.diagonal().cwiseSqrt().cwiseInverse().eval();
  const Matrix correlation = scales.asDiagonal() * covariance * scales.asDiagonal();
  const auto eigen = symmetric_eigen("MahalanobisScore", correlation);
  const auto variances = eigen.eigenvalues().cwiseMax(least_variance).eval();
  return variances.cwiseSqrt().cwiseInverse().asDiagonal() * eigen.eigenvectors().transpose() *
         scales.asDiagonal();
}

}  // namespace detail

/// A score that is high where features are as those that it was fitted to, such as a sample's
/// energies under several models, or the norms of its score at several scales of noise.
///
/// Minus the Mahalanobis distance, not squared: of one feature, minus the number of deviations from
/// the mean.
///
///     score(x) = -sqrt((x - m)^T S^-1 (x - m))
///
/// m, S: mean and covariance of the features. Where S is well conditioned, S^-1 is its inverse.
/// Where features depend on each other, the eigenvalues of their correlations, of mean 1, are at
/// least `least_variance`: a step off what they have in common is far, and not infinitely so.
/// A fit is worth something from about ten samples a feature on.
/// Sources: Mahalanobis, "On the generalised distance in statistics", 1936; Mahmood, Oliva &
/// Styner, "Multiscale Score Matching for Out-of-Distribution Detection", 2021, who fit a mixture
/// of Gaussians: this is the one with one component.
class MahalanobisScore {
 public:
  /// Has no fit, until `restore`.
  MahalanobisScore() = default;

  /// features: [sample][feature], of float or double, finite, more samples than features
  /// Throws `InvalidArgument` for fewer samples, a value that is not finite, a feature that is the
  /// same in all samples, and an option out of range.
  template <class Features>
  explicit MahalanobisScore(const Eigen::MatrixBase<Features>& features,
                            const MahalanobisOptions& options = {}) {
    require(options.least_variance > 0 && options.least_variance < 1,
            "MahalanobisScore: least_variance must be in (0, 1), got ", options.least_variance);
    require(features.cols() >= 1 && features.rows() > features.cols(),
            "MahalanobisScore: expected more samples than features, 1 or more, got ",
            features.rows(), " of ", features.cols());
    const GaussianFit fit = fit_gaussian(features);
    for (Eigen::Index i = 0; i < features.cols(); ++i) {
      // Exactly: the variance of equal values may be a rounding of zero.
      require((features.col(i).array() != features(0, i)).any(), "MahalanobisScore: feature ", i,
              " is the same in all samples: leave it out");
      require(std::isnormal(fit.covariance(i, i)), "MahalanobisScore: the variance of feature ", i,
              " is too small or too large for a double");
    }
    const auto whitening = detail::whitening(fit.covariance, options.least_variance);
    mean_.assign(fit.mean.begin(), fit.mean.end());
    whitening_.assign(whitening.data(), whitening.data() + whitening.size());
  }

  /// Of how many features; 0 without a fit.
  [[nodiscard]] int features() const noexcept { return static_cast<int>(mean_.size()); }

  /// The score of one sample's features, <= 0, in deviations; minus infinity if one of them is not
  /// finite: such a sample is certainly odd.
  ///
  /// Throws `InvalidArgument` for another number of features, and without a fit.
  [[nodiscard]] double score(std::span<const double> x) const {
    require(!mean_.empty(), "MahalanobisScore: there is no fit; fit or restore one first");
    require(x.size() == mean_.size(), "MahalanobisScore: the fit is of ", mean_.size(),
            " features, got ", x.size());
    double squares = 0;
    const double* weight = whitening_.data();
    for (std::size_t direction = 0; direction < mean_.size(); ++direction) {
      double distance = 0;
      for (std::size_t i = 0; i < mean_.size(); ++i) distance += *weight++ * (x[i] - mean_[i]);
      squares += distance * distance;
    }
    // NaN too, which may be an infinite feature's or the difference of two that overflow.
    return squares < std::numeric_limits<double>::infinity()
               ? -std::sqrt(squares)
               : -std::numeric_limits<double>::infinity();
  }

  /// The score of each sample, for `auroc` and the like.
  ///
  /// features: [sample][feature], of float or double; result: [sample]
  template <class Features>
  [[nodiscard]] std::vector<double> scores(const Eigen::MatrixBase<Features>& features) const {
    const Samples<double> rows = features.template cast<double>();
    std::vector<double> result;
    for (Eigen::Index row = 0; row < rows.rows(); ++row) {
      result.push_back(score(sample_of(rows, row)));
    }
    return result;
  }

  /// Scores, [sample], of features, [sample][feature], as operations on whole tensors; see
  /// `io::write_onnx`. They are computed in double, as those of `score`, but are NaN or infinite
  /// for features that are not finite, as the runtime computes them.
  template <class Graph, class Value>
  [[nodiscard]] Value symbolic(Graph& graph, const Value& features) const {
    const auto x = graph.to_double(features);
    const std::int64_t count = this->features();
    const auto centred = graph.subtract(x, graph.constant({1, count}, mean_, x));
    const auto whitening = graph.constant({count, count}, whitening_, x);
    const auto white = graph.matrix_product(centred, graph.transpose_matrices(whitening));
    const auto squares = graph.sum(graph.multiply(white, white), {1});
    const auto distance = graph.reshape(graph.root(squares), {graph.samples(x)});
    return graph.to_float(graph.negate(distance));
  }

  /// Mean, [feature], and whitening, [direction][feature]: what scores depend on.
  [[nodiscard]] State state() const {
    State state;
    state.put("features", std::int64_t{features()});
    state.put("mean", mean_);
    state.put("whitening", whitening_);
    return state;
  }
  /// Throws `Error` if the state is not that of such a score.
  void restore(const State& state) {
    const auto count = state.get<std::int64_t>("features");
    if (count < 0 || count > std::numeric_limits<int>::max()) {
      throw Error(sentence("MahalanobisScore::restore: there are no ", count, " features"));
    }
    const auto features = static_cast<std::size_t>(count);
    const auto mean = state.finite<double>("mean", features);
    const auto whitening = state.finite<double>("whitening", features * features);
    mean_.assign(mean.begin(), mean.end());
    whitening_.assign(whitening.begin(), whitening.end());
  }

 private:
  std::vector<double> mean_;
  std::vector<double> whitening_;
};

static_assert(Stateful<MahalanobisScore>);

}  // namespace ebm::inline EBM_ABI
