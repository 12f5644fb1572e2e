// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <ebm/core/aligned.hpp>
#include <ebm/core/block.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/parallel/executor.hpp>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

/// Which samples of a model look real, and which real ones it can draw.
namespace ebm {  // the same for every instruction set

/// Shares of samples, in [0, 1].
struct PrecisionRecall {
  double precision = 0;  ///< of generated samples among real ones
  double recall = 0;     ///< of real samples among generated ones
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// A block of rows and its distances to one row after the other.
class BlockDistances {
 public:
  template <class T>
  BlockDistances(const ConstSamplesRef<T>& samples, int index)
      : block_(static_cast<std::size_t>(samples.cols())) {
    double* const to = reinterpret_cast<double*>(block_.data());
    for (int lane = 0; lane < lanes; ++lane) {
      const Eigen::Index row = std::min(Eigen::Index{index} * lanes + lane, samples.rows() - 1);
      std::size_t place = static_cast<std::size_t>(lane);
      for (const T feature : sample_of(samples, row)) {
        to[place] = static_cast<double>(feature);
        place += lanes;
      }
    }
  }

  /// The squared distances to `other`, [lane]: the same bits if the two change places.
  template <class T>
  const double* to(std::span<const T> other) {
    Pack<double> sum(0.0);
    for (std::size_t i = 0; i < other.size(); ++i) {
      const Pack<double> difference = block_[i] - Pack<double>(static_cast<double>(other[i]));
      sum = fma(difference, difference, sum);
    }
    sum.store(squares_);
    return squares_;
  }

 private:
  AlignedVector<Pack<double>> block_;  // [feature]
  alignas(64) double squares_[std::size_t{lanes}];
};

/// The squared distance of each sample to its k-th nearest other one.
template <class T, class X>
std::vector<double> squared_radii(const ConstSamplesRef<T>& samples, int k, X& executor) {
  std::vector<double> radii(static_cast<std::size_t>(samples.rows()));
  executor.for_each(block_count(samples.rows()), [&](int index, int) {
    BlockDistances distances(samples, index);
    const Eigen::Index first = Eigen::Index{index} * lanes;
    const int count = block_fill(samples.rows(), index);
    // Of each lane the k smallest, in ascending order: [lane][k]
    std::vector<double> nearest(static_cast<std::size_t>(lanes * k),
                                std::numeric_limits<double>::infinity());
    for (Eigen::Index other = 0; other < samples.rows(); ++other) {
      const double* const squares = distances.to<T>(sample_of(samples, other));
      for (int lane = 0; lane < count; ++lane) {
        double* const begin = nearest.data() + lane * k;
        double* const last = begin + k - 1;
        if (first + lane == other || squares[lane] >= *last) continue;
        double* const place = std::upper_bound(begin, last, squares[lane]);
        std::move_backward(place, last, last + 1);
        *place = squares[lane];
      }
    }
    for (int lane = 0; lane < count; ++lane) {
      radii[static_cast<std::size_t>(first + lane)] =
          nearest[static_cast<std::size_t>(lane * k + k - 1)];
    }
  });
  return radii;
}

/// The share of samples in the ball of one or more of the centres.
template <class T, class X>
double covered_share(const ConstSamplesRef<T>& samples, const ConstSamplesRef<T>& centres,
                     const std::vector<double>& squared_radii, X& executor) {
  std::vector<Eigen::Index> covered(static_cast<std::size_t>(block_count(samples.rows())));
  executor.for_each(block_count(samples.rows()), [&](int index, int) {
    BlockDistances distances(samples, index);
    const int count = block_fill(samples.rows(), index);
    bool is_covered[std::size_t{lanes}] = {};
    Eigen::Index& sum = covered[static_cast<std::size_t>(index)];
    for (Eigen::Index centre = 0; centre < centres.rows() && sum < count; ++centre) {
      const double* const squares = distances.to<T>(sample_of(centres, centre));
      for (int lane = 0; lane < count; ++lane) {
        if (is_covered[lane] || squares[lane] > squared_radii[static_cast<std::size_t>(centre)]) {
          continue;
        }
        is_covered[lane] = true;
        ++sum;
      }
    }
  });
  const auto sum = std::accumulate(covered.begin(), covered.end(), Eigen::Index{0});
  return static_cast<double>(sum) / static_cast<double>(samples.rows());
}

}  // namespace detail

/// Precision and recall of a set of samples by the balls of nearest neighbours:
///
///     f(x, S) = 1 if |x - s| <= |s - NN_k(s, S)| for an s in S, else 0
///     precision = mean of f(g, real) over generated g
///     recall = mean of f(r, generated) over real r
///
/// NN_k(s, S) is the k-th nearest of the others in S. Both depend on the number of samples: compare
/// sets of equally many. All pairs of samples are looked at, in memory that grows with their number
/// alone; counts are exact for the distances, which are computed in double.
/// real, generated: [sample][feature], of float or double, finite; k >= 1, less than either has
/// samples; results do not depend on the executor
/// Throws `InvalidArgument` for k out of range, other features in one set than in the other, and
/// values that are not finite.
/// Source: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative
/// Models", 2019, eq. 1 and 2.
template <class Real, class Generated, Executor X = Serial, class T = typename Real::Scalar>
  requires std::same_as<T, typename Generated::Scalar>
[[nodiscard]] PrecisionRecall precision_recall(const Real& real, const Generated& generated,
                                               int k = 3, X&& executor = {}) {
  const ConstSamplesRef<T> real_rows(real), generated_rows(generated);
  require(real_rows.cols() == generated_rows.cols() && real_rows.cols() > 0,
          "precision_recall: got ", real_rows.cols(), " features of real and ",
          generated_rows.cols(), " of generated samples, expected as many, 1 or more");
  const Eigen::Index fewest = std::min(real_rows.rows(), generated_rows.rows());
  require(k >= 1 && k < fewest, "precision_recall: k must be in [1, ", fewest - 1,
          "], less than either set has samples, got ", k);
  require_finite_samples("precision_recall, real", real_rows);
  require_finite_samples("precision_recall, generated", generated_rows);
  const auto real_radii = detail::squared_radii(real_rows, k, executor);
  const auto generated_radii = detail::squared_radii(generated_rows, k, executor);
  return {detail::covered_share(generated_rows, real_rows, real_radii, executor),
          detail::covered_share(real_rows, generated_rows, generated_radii, executor)};
}

}  // namespace ebm::inline EBM_ABI
