// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/core/shape.hpp>
#include <ebm/kernels/langevin.hpp>
#include <limits>
#include <vector>

/// Distributions that data are told from by `NoiseContrastive`.
namespace ebm::inline EBM_ABI {

/// Satisfied by distributions over samples of shape `Input`, without their conditions, that can be
/// drawn from and have a known density.
///
/// `draw(draws, step, x)` fills the block x, [row][column][channel], by the random numbers of step
/// `step`; `log_density(x)` is ln p(x) of each lane, normalised.
template <class N, class T = float>
concept ContrastiveNoise = requires(const N& noise, const ChainDraws<T>& draws, Pack<T>* x) {
  typename N::Input;
  noise.draw(draws, std::uint32_t{}, x);
  { noise.log_density(static_cast<const Pack<T>*>(x)) } -> std::same_as<Pack<T>>;
};

namespace detail {
/// ln x by the library's own function, whose last bit is the same everywhere.
[[nodiscard]] inline double log_of(double x) {
  return log(Pack<double>(x)).lane(0);
}
}  // namespace detail

/// Contrastive noise: a normal distribution with a mean and a deviation for each feature.
template <class InputShape>
class NormalNoise {
 public:
  using Input = InputShape;
  static constexpr int size = free_size<Input>;

  /// mean, deviation: [feature]
  /// Throws `InvalidArgument` unless there are as many as features, all finite and deviations > 0.
  NormalNoise(const std::vector<double>& mean, const std::vector<double>& deviation)
      : mean_(std::size_t{size}), deviation_(std::size_t{size}) {
    require(mean.size() == mean_.size() && deviation.size() == mean_.size(),
            "NormalNoise: expected the means and deviations of ", size, " features, got ",
            mean.size(), " and ", deviation.size());
    std::size_t feature = 0;
    log_norm_ = 0;
    Input::for_each_feature([&](int element) {
      if (element >= size) return;
      const double m = mean[feature], d = deviation[feature];
      require(std::isfinite(m), "NormalNoise: means must be finite, got ", m);
      require(d > 0 && std::isfinite(d), "NormalNoise: deviations must be > 0 and finite, got ", d,
              " for feature ", feature);
      mean_[static_cast<std::size_t>(element)] = m;
      deviation_[static_cast<std::size_t>(element)] = d;
      log_norm_ += detail::log_of(d) + 0.91893853320467274178;  // ln sqrt(2 pi)
      ++feature;
    });
  }

  /// That of the data's means and, times `widening`, deviations.
  ///
  /// data: [sample][feature], at least two; a widening above 1 covers the data's tails
  /// Throws `InvalidArgument` if a feature is the same in all data.
  template <class AnySamples>
  [[nodiscard]] static NormalNoise of(const AnySamples& data, double widening = 1) {
    require(data.rows() >= 2 && data.cols() == Input::size,
            "NormalNoise: expected at least two samples of ", Input::size, " features, got ",
            data.rows(), " of ", data.cols());
    std::vector<double> mean(std::size_t{size}), deviation(std::size_t{size});
    const double count = static_cast<double>(data.rows());
    for (Eigen::Index feature = 0; feature < size; ++feature) {
      const auto at = [&](Eigen::Index row) { return static_cast<double>(data(row, feature)); };
      double sum = 0, squares = 0;
      for (Eigen::Index row = 0; row < data.rows(); ++row) sum += at(row);
      const double center = sum / count;
      for (Eigen::Index row = 0; row < data.rows(); ++row) {
        squares += (at(row) - center) * (at(row) - center);
      }
      mean[static_cast<std::size_t>(feature)] = center;
      deviation[static_cast<std::size_t>(feature)] = widening * std::sqrt(squares / count);
    }
    return NormalNoise(mean, deviation);
  }

  /// See `ContrastiveNoise`.
  template <class T>
  void draw(const ChainDraws<T>& draws, std::uint32_t step, Pack<T>* x) const {
    kernels::draw_normal(kernels::elements_of(x), size, draws, step);
    for (int i = 0; i < size; ++i) x[i] = fma(number<T>(deviation_, i), x[i], number<T>(mean_, i));
  }
  template <class T>
  [[nodiscard]] Pack<T> log_density(const Pack<T>* x) const {
    Pack<T> sum(T(0));
    for (int i = 0; i < size; ++i) {
      const Pack<T> z = (x[i] - number<T>(mean_, i)) / number<T>(deviation_, i);
      sum = fma(z, z, sum);
    }
    return -fma(Pack<T>(T(0.5)), sum, Pack<T>(static_cast<T>(log_norm_)));
  }

 private:
  template <class T>
  static Pack<T> number(const std::vector<double>& numbers, int element) {
    return Pack<T>(static_cast<T>(numbers[static_cast<std::size_t>(element)]));
  }

  std::vector<double> mean_, deviation_;  // in memory order
  double log_norm_;
};

/// Contrastive noise: uniform in a box, each feature in [low, high].
template <class InputShape>
class UniformNoise {
 public:
  using Input = InputShape;
  static constexpr int size = free_size<Input>;

  /// Throws `InvalidArgument` unless low is below high and both are finite.
  UniformNoise(double low, double high) : low_(low), high_(high) {
    require(low < high && std::isfinite(high - low),
            "UniformNoise: low must be below high and both finite, got ", low, " and ", high);
    log_density_ = -size * detail::log_of(high - low);
  }

  /// See `ContrastiveNoise`.
  template <class T>
  void draw(const ChainDraws<T>& draws, std::uint32_t step, Pack<T>* x) const {
    const Pack<T> low(static_cast<T>(low_)), high(static_cast<T>(high_));
    const Pack<T> center(static_cast<T>((low_ + high_) / 2));
    const Pack<T> half(static_cast<T>((high_ - low_) / 2));
    for (int first = 0; first < size; first += 4) {
      const auto u = draws.uniform(step, static_cast<std::uint32_t>(first / 4));
      for (int i = first; i < std::min(first + 4, size); ++i) {
        x[i] = clamp(fma(half, u[static_cast<std::size_t>(i - first)], center), low, high);
      }
    }
  }
  /// -infinity outside of the box.
  template <class T>
  [[nodiscard]] Pack<T> log_density(const Pack<T>* x) const {
    const Pack<T> low(static_cast<T>(low_)), high(static_cast<T>(high_));
    const Pack<T> outside(-std::numeric_limits<T>::infinity());
    Pack<T> result(static_cast<T>(log_density_));
    for (int i = 0; i < size; ++i) {
      result = select(x[i] < low, outside, select(x[i] > high, outside, result));
    }
    return result;
  }

 private:
  double low_, high_, log_density_;
};

static_assert(ContrastiveNoise<NormalNoise<Shape<2>>> &&
              ContrastiveNoise<UniformNoise<Shape<2>>, double>);

}  // namespace ebm::inline EBM_ABI
