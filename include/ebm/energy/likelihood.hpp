// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/autodiff/operations.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/energy/energy.hpp>
#include <vector>

/// What an observation says about the sample behind it.
namespace ebm::inline EBM_ABI {

/// The energy of samples x behind one observation y = x + noise of a normal distribution:
///
///     E(x) = sum over i of (x_i - y_i)^2 / (2 deviation^2)
///
/// Added to a model's energy it gives the energy of p(x | y): its minimum is the maximum a
/// posteriori estimate, its chains sample the posterior.
template <class InputShape>
class GaussianLikelihood {
 public:
  using Input = InputShape;

  /// observed: [channel, row, column], finite
  /// Throws `InvalidArgument` for another size, a value that is not finite, and unless deviation is
  /// > 0 and finite.
  template <class T>
  GaussianLikelihood(const Eigen::MatrixBase<T>& observed, double deviation)
      : observed_(static_cast<std::size_t>(Input::size)), precision_(1 / (deviation * deviation)) {
    require(observed.size() == Input::size, "GaussianLikelihood: expected ", Input::size,
            " features, got ", observed.size());
    require(observed.allFinite(), "GaussianLikelihood: the observation is not finite");
    require(deviation > 0 && std::isfinite(deviation),
            "GaussianLikelihood: deviation must be > 0 and finite, got ", deviation);
    Eigen::Index feature = 0;
    for (int channel = 0; channel < Input::channels; ++channel) {
      for (int row = 0; row < Input::rows; ++row) {
        for (int column = 0; column < Input::columns; ++column) {
          observed_[static_cast<std::size_t>(Input::offset(channel, row, column))] =
              static_cast<double>(observed(feature++));
        }
      }
    }
  }

  template <class Tape, bool Active>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    using T = typename Tape::value_type;
    using P = Pack<T>;
    const auto difference = [this](const P& value, int i) {
      return value - P(static_cast<T>(observed_[static_cast<std::size_t>(i)]));
    };
    P sum(0);
    for (int i = 0; i < Input::size; ++i) {
      const P d = difference(x.data()[i], i);
      sum = fma(d, d, sum);
    }
    const P precision(static_cast<T>(precision_));
    return record<Active>(*x.tape(), sum * precision * P(T(0.5)),
                          [x, difference, precision](const P& dy) {
                            const P factor = precision * dy;
                            for (int i = 0; i < Input::size; ++i) {
                              x[i].add_adjoint(difference(x.data()[i], i) * factor);
                            }
                          });
  }

 private:
  std::vector<double> observed_;  ///< [row][column][channel]
  double precision_;
};

static_assert(Energy<GaussianLikelihood<Shape<2>>>);

}  // namespace ebm::inline EBM_ABI
