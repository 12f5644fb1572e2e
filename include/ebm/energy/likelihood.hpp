// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/autodiff/operations.hpp>
#include <ebm/core/aligned.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/energy/energy.hpp>

/// What observations say about the samples behind them.
namespace ebm::inline EBM_ABI {

/// The energy of samples x behind observations y = x + noise of a normal distribution:
///
///     E(x) = sum over i of (x_i - y_i)^2 / (2 deviation^2)
///
/// One observation is that of all samples; of several, observation i is that of sample or chain i.
/// Added to a model's energy it gives the energy of p(x | y): its minimum is the maximum a
/// posteriori estimate, its chains sample the posterior.
template <class InputShape>
class GaussianLikelihood {
 public:
  using Input = InputShape;

  /// observed: [observation][feature], at least one, finite
  /// Throws `InvalidArgument` for another size, a value that is not finite, and unless deviation is
  /// > 0 and finite.
  template <class Observed>
  GaussianLikelihood(const Eigen::MatrixBase<Observed>& observed, double deviation)
      : observed_(observed.template cast<double>()), precision_(1 / (deviation * deviation)) {
    require(observed_.rows() > 0 && observed_.cols() == Input::size,
            "GaussianLikelihood: expected observations of ", Input::size, " features, got ",
            observed_.rows(), " of ", observed_.cols());
    require(observed_.allFinite(), "GaussianLikelihood: an observation is not finite");
    require(deviation > 0 && std::isfinite(deviation),
            "GaussianLikelihood: deviation must be > 0 and finite, got ", deviation);
  }

  /// The energy of some rows, each with its observation.
  template <class T>
  class Block {
   public:
    using Input = InputShape;

    Block(const GaussianLikelihood& likelihood, Eigen::Index first, int count)
        : observed_(static_cast<std::size_t>(Input::size)),
          precision_(static_cast<T>(likelihood.precision_)) {
      const Samples<double>& all = likelihood.observed_;
      require(all.rows() == 1 || first + count <= all.rows(), "GaussianLikelihood: there are ",
              all.rows(), " observations for ", first + count, " or more samples");
      T* to = reinterpret_cast<T*>(observed_.data());
      for (int lane = 0; lane < lanes; ++lane) {
        const Eigen::Index row = all.rows() == 1 ? 0 : first + std::min(lane, count - 1);
        const double* from = sample_of(all, row).data();
        Input::for_each_feature(
            [&](int element) { to[element * lanes + lane] = static_cast<T>(*from++); });
      }
    }

    template <class Tape, bool Active>
    auto operator()(const Var<Tape, Input, Active>& x) const {
      using P = typename Tape::PackType;
      P sum(T(0));
      for (int i = 0; i < Input::size; ++i) {
        const P d = difference(x, i);
        sum = fma(d, d, sum);
      }
      const P precision(precision_);
      return record<Active>(*x.tape(), sum * precision * P(T(0.5)),
                            [x, precision, this](const P& dy) {
                              const P factor = precision * dy;
                              for (int i = 0; i < Input::size; ++i) {
                                x[i].add_adjoint(difference(x, i) * factor);
                              }
                            });
    }

   private:
    template <class X>
    [[nodiscard]] auto difference(const X& x, int i) const {
      return x.data()[i] - observed_[static_cast<std::size_t>(i)];
    }

    AlignedVector<Pack<T>> observed_;  // [row][column][channel]
    T precision_;
  };

  /// See `at_block`; throws `InvalidArgument` for more rows than there are observations.
  template <class T>
  [[nodiscard]] Block<T> at_block(Eigen::Index first, int count) const {
    return Block<T>(*this, first, count);
  }

 private:
  Samples<double> observed_;
  double precision_;
};

static_assert(Energy<GaussianLikelihood<Shape<2>>>);

}  // namespace ebm::inline EBM_ABI
