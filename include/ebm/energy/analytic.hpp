// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <ebm/autodiff/operations.hpp>
#include <ebm/core/error.hpp>
#include <ebm/energy/energy.hpp>
#include <limits>
#include <vector>

/// Energies whose distributions are known in closed form: what samplers are tested on.
namespace ebm::inline EBM_ABI {

/// A number for each axis of a space.
template <int Dimension>
using Coordinates = std::array<double, std::size_t{Dimension}>;

/// An axis-parallel Gaussian: E(x) = sum over i of (x_i - mean_i)^2 / (2 deviation_i^2).
///
/// In float, deviations from 1e-38 on and distances up to 1e19 deviations keep the energy finite.
template <int Dimension>
class Gaussian {
 public:
  using Input = Shape<Dimension>;

  /// The standard normal distribution.
  Gaussian() { inverse_deviation_.fill(1); }

  /// Throws `InvalidArgument` unless every deviation is > 0 and every number finite.
  Gaussian(const Coordinates<Dimension>& mean, const Coordinates<Dimension>& deviation)
      : mean_(mean) {
    for (std::size_t i = 0; i < deviation.size(); ++i) {
      require(deviation[i] > 0 && std::isfinite(deviation[i]),
              "Gaussian: deviation must be > 0 and finite, got ", deviation[i]);
      inverse_deviation_[i] = 1 / deviation[i];
    }
    for (const double m : mean) require(std::isfinite(m), "Gaussian: mean must be finite, got ", m);
  }

  template <class Tape, bool Active>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    using P = typename Tape::PackType;
    const auto scaled = [this](const auto& element, int i) {
      using T = typename Tape::value_type;
      const auto at = static_cast<std::size_t>(i);
      return (element - P(static_cast<T>(mean_[at]))) * P(static_cast<T>(inverse_deviation_[at]));
    };
    P sum(0);
    for (int i = 0; i < Dimension; ++i) {
      const P z = scaled(x.data()[i], i);
      sum = fma(z, z, sum);
    }
    return record<Active>(*x.tape(), sum * P(0.5f), [x, this, scaled](const P& dy) {
      for (int i = 0; i < Dimension; ++i) {
        const double inverse = inverse_deviation_[static_cast<std::size_t>(i)];
        const P z = scaled(x.data()[i], i);
        x[i].add_adjoint(z * P(static_cast<typename Tape::value_type>(inverse)) * dy);
      }
    });
  }

 private:
  Coordinates<Dimension> mean_{};
  Coordinates<Dimension> inverse_deviation_{};
};

/// A mixture of spherical Gaussians:
/// E(x) = -ln sum over k of weight_k N(x; mean_k, deviation^2).
///
/// Normalised: exp(-E) integrates to 1.
template <int Dimension>
class GaussianMixture {
 public:
  using Input = Shape<Dimension>;
  /// One Gaussian of the mixture; weight: > 0, weights need not add up to 1
  struct Component {
    double weight;
    Coordinates<Dimension> mean;
  };

  /// Throws `InvalidArgument` without components, with a weight or deviation that is not > 0 and
  /// finite, or with a mean that is not finite.
  GaussianMixture(std::vector<Component> components, double deviation)
      : components_(std::move(components)), deviation_(deviation) {
    require(!components_.empty(), "GaussianMixture: at least one component expected");
    require(deviation > 0 && std::isfinite(deviation),
            "GaussianMixture: deviation must be > 0 and finite, got ", deviation);
    double total = 0;
    for (const Component& c : components_) {
      require(c.weight > 0 && std::isfinite(c.weight),
              "GaussianMixture: weights must be > 0 and finite, got ", c.weight);
      for (const double m : c.mean) {
        require(std::isfinite(m), "GaussianMixture: means must be finite, got ", m);
      }
      total += c.weight;
    }
    require(std::isfinite(total), "GaussianMixture: the sum of the weights must be finite");
    for (Component& c : components_) c.weight /= total;
  }

  template <class Tape, bool Active>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    using T = typename Tape::value_type;
    using P = typename Tape::PackType;
    Tape& tape = *x.tape();
    const int count = static_cast<int>(components_.size());
    const double precision = 1 / (deviation_ * deviation_);
    const double log_norm = Dimension * std::log(deviation_ * 2.5066282746310002);

    // ln sum exp by its largest term; the exponentials become the components' responsibilities.
    P* share = tape.allocate(count);
    P largest(std::numeric_limits<T>::lowest());
    for (int k = 0; k < count; ++k) {
      const Component& c = components_[static_cast<std::size_t>(k)];
      P distance(0);
      for (int i = 0; i < Dimension; ++i) {
        const P d = x.data()[i] - P(static_cast<T>(c.mean[static_cast<std::size_t>(i)]));
        distance = fma(d, d, distance);
      }
      share[k] = P(static_cast<T>(std::log(c.weight) - log_norm)) -
                 distance * P(static_cast<T>(precision / 2));
      largest = max(largest, share[k]);
    }
    P total(0);
    for (int k = 0; k < count; ++k) {
      share[k] = exp(share[k] - largest);
      total += share[k];
    }
    for (int k = 0; k < count; ++k) share[k] = share[k] / total;

    return record<Active>(tape, -(largest + log(total)), [x, share, this, precision](const P& dy) {
      for (std::size_t k = 0; k < components_.size(); ++k) {
        const P factor = share[k] * P(static_cast<T>(precision)) * dy;
        for (int i = 0; i < Dimension; ++i) {
          const T mean = static_cast<T>(components_[k].mean[static_cast<std::size_t>(i)]);
          x[i].add_adjoint((x.data()[i] - P(mean)) * factor);
        }
      }
    });
  }

 private:
  std::vector<Component> components_;
  double deviation_;
};

/// A double well along the first axis, a standard normal along the others:
/// E(x) = height (x_0^2 - 1)^2 + sum over i >= 1 of x_i^2 / 2; minima at x_0 = +-1.
template <int Dimension>
class DoubleWell {
 public:
  using Input = Shape<Dimension>;

  /// Throws `InvalidArgument` unless height is > 0 and finite.
  explicit DoubleWell(double height = 1) : height_(height) {
    require(height > 0 && std::isfinite(height), "DoubleWell: height must be > 0 and finite, got ",
            height);
  }

  template <class Tape, bool Active>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    using T = typename Tape::value_type;
    using P = typename Tape::PackType;
    const P well = x.data()[0] * x.data()[0] - P(1);
    P sum = well * well * P(static_cast<T>(height_));
    for (int i = 1; i < Dimension; ++i) sum += P(0.5f) * x.data()[i] * x.data()[i];
    return record<Active>(*x.tape(), sum, [x, well, this](const P& dy) {
      x[0].add_adjoint(P(static_cast<T>(4 * height_)) * well * x.data()[0] * dy);
      for (int i = 1; i < Dimension; ++i) x[i].add_adjoint(x.data()[i] * dy);
    });
  }

 private:
  double height_;
};

static_assert(Energy<Gaussian<2>> && Energy<GaussianMixture<2>> && Energy<DoubleWell<2>>);

}  // namespace ebm::inline EBM_ABI
