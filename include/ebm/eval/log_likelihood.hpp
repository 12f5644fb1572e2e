// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/energy/second_order.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/random/stream.hpp>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of `log_likelihood`.
struct LogLikelihoodOptions {
  /// Directions along which the divergence is estimated, each a pass on dual numbers; 0: all axes,
  /// which is exact, and a pass a feature.
  int probes = 1;
};

}  // namespace ebm

/// The densities that a noise-conditional energy has, normalised.
namespace ebm::inline EBM_ABI {

namespace detail {

/// The trace of the Hessian of E at some samples, or its estimate, the mean of v^T H v over
/// directions v of random signs.
template <class E, class T, class X>
class HessianTrace {
  static constexpr int features = free_size<typename E::Input>;

 public:
  HessianTrace(Eigen::Index samples, int probes, Rng rng, X& executor)
      : probes_(probes), executor_(&executor) {
    for (int probe = 0; probe < probes; ++probe) {
      Samples<T>& v = directions_.emplace_back(Samples<T>::Zero(samples, E::Input::size));
      for (Eigen::Index row = 0; row < samples; ++row) {
        Sequence draws(rng.stream(Purpose::probes), static_cast<std::uint64_t>(row),
                       static_cast<std::uint32_t>(probe));
        for (T& value : sample_of(v, row).first(features)) value = draws() % 2 == 0 ? T(1) : T(-1);
      }
    }
  }

  template <class EnergyHere>
  [[nodiscard]] Eigen::VectorXd operator()(const EnergyHere& energy, const Samples<T>& x) const {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(x.rows());
    const auto add = [&](const Samples<T>& v) {
      const Samples<T> product = hessian_vector_product(energy, x, v, *executor_);
      sum += (product.array() * v.array()).rowwise().sum().matrix().template cast<double>();
    };
    if (probes_ > 0) {
      for (const Samples<T>& v : directions_) add(v);
      return sum / probes_;
    }
    for (int i = 0; i < features; ++i) {
      Samples<T> axis = Samples<T>::Zero(x.rows(), x.cols());
      axis.col(i).setOnes();
      add(axis);
    }
    return sum;
  }

 private:
  int probes_;
  X* executor_;
  std::vector<Samples<T>> directions_;
};

}  // namespace detail

/// ln p(x) of each sample, under the distribution at the lowest level.
///
/// The probability-flow equation dx/ds = s dE(x, s)/dx carries each sample from the lowest level to
/// the highest, whose distribution is taken to be N(m, s^2 + d^2) in each feature; on the way
///
///     ln p_low(x) = ln p_high(x at high) + integral from low to high of s tr(d^2 E / dx^2) ds
///
/// by Heun's method, a step a level. The error falls with the square of the levels' distances; an
/// estimated trace is right on average.
///
/// samples: [sample][feature]; levels: falling, at least two, as `power_levels` gives them;
/// result: [sample], in nats
/// Throws `InvalidArgument` if samples don't fit, levels do not fall or are not > 0, or probes < 0.
/// Sources: Song et al., "Score-Based Generative Modeling through Stochastic Differential
/// Equations", 2021, eq. 39 and appendix D.2; Hutchinson, "A Stochastic Estimator of the Trace of
/// the Influence Matrix for Laplacian Smoothing Splines", 1990 (the estimate).
template <class E, class AnySamples, Executor X = Serial, class T = typename AnySamples::Scalar>
[[nodiscard]] Eigen::VectorXd log_likelihood(const E& energy, const AnySamples& samples,
                                             const std::vector<double>& levels,
                                             const LogLikelihoodOptions& options = {}, Rng rng = {},
                                             X&& executor = {}) {
  constexpr int features = free_size<typename E::Input>;
  require(options.probes >= 0, "log_likelihood: probes must be >= 0, got ", options.probes);
  require(levels.size() >= 2, "log_likelihood: at least two levels expected, got ", levels.size());
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    require(levels[i + 1] > 0 && levels[i + 1] < levels[i] && std::isfinite(levels[i]),
            "log_likelihood: levels must fall and be > 0, got ", levels[i + 1], " after ",
            levels[i]);
  }
  const detail::HessianTrace<E, T, std::remove_reference_t<X>> trace(samples.rows(), options.probes,
                                                                     rng, executor);
  struct Slope {
    Samples<T> x;
    Eigen::VectorXd log_density;
  };
  const auto slope = [&](const Samples<T>& x, double level) {
    const auto energy_here = at_level(energy, level);
    Samples<T> dx = energy_gradients(energy_here, x, executor) * static_cast<T>(level);
    dx.rightCols(E::Input::condition_size).setZero();
    return Slope{std::move(dx), trace(energy_here, x) * level};
  };

  Samples<T> x = samples;
  Eigen::VectorXd result = Eigen::VectorXd::Zero(x.rows());
  Slope here = slope(x, levels.back());
  for (std::size_t i = levels.size() - 1; i > 0; --i) {
    const double step = levels[i - 1] - levels[i];
    const Samples<T> ahead = x + static_cast<T>(step) * here.x;
    const Slope there = slope(ahead, levels[i - 1]);
    x += static_cast<T>(step / 2) * (here.x + there.x);
    result += step / 2 * (here.log_density + there.log_density);
    here = slope(x, levels[i - 1]);
  }
  const auto& o = energy.options();
  const double variance = levels.front() * levels.front() + o.deviation * o.deviation;
  const auto distance = x.leftCols(features).template cast<double>().array() - o.mean;
  result.array() -= distance.square().rowwise().sum() / (2 * variance) +
                    features / 2.0 * std::log(2 * 3.14159265358979323846 * variance);
  return result;
}

/// -log2 p a feature, of data that are whole multiples of `bin` apart: what a code needs for each
/// feature, in bits.
///
/// log_likelihood: in nats, of a density; features >= 1; bin > 0, 2 / 255 for bytes as pixels in
/// [-1, 1]
/// Source: Theis, van den Oord, Bethge, "A note on the evaluation of generative models", 2016,
/// section 3.1.
[[nodiscard]] inline double bits_per_dimension(double log_likelihood, int features, double bin) {
  require(features >= 1, "bits_per_dimension: features must be >= 1, got ", features);
  require(bin > 0 && std::isfinite(bin), "bits_per_dimension: bin must be > 0 and finite, got ",
          bin);
  return -(log_likelihood / features + std::log(bin)) / 0.69314718055994530942;
}

}  // namespace ebm::inline EBM_ABI
