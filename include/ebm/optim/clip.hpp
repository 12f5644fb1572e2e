// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <span>

/// Gradient clipping: what happens to a gradient before the optimiser sees it.
namespace ebm {

/// The Euclidean norm of all elements together, summed in order in double precision.
template <class T>
[[nodiscard]] double global_norm(std::span<const T> gradient) {
  double sum = 0;
  for (const T g : gradient) sum += static_cast<double>(g) * static_cast<double>(g);
  return std::sqrt(sum);
}

/// Scales a gradient whose global norm exceeds a bound down to it.
///
/// g <- g min(1, bound / (|g| + 1e-6)), as `torch.nn.utils.clip_grad_norm_`.
/// Source: Pascanu, Mikolov, Bengio 2013, alg. 1.
class GlobalNormClip {
 public:
  /// Throws `InvalidArgument` unless bound > 0.
  explicit GlobalNormClip(double bound = 0.1) : bound_(bound) {
    require(bound > 0, "GlobalNormClip: bound must be > 0, got ", bound);
  }

  /// Returns the norm before clipping.
  template <class T>
  double operator()(std::span<T> gradient) const {
    const double norm = global_norm(std::span<const T>(gradient));
    const double factor = bound_ / (norm + 1e-6);
    if (factor < 1) {
      for (T& g : gradient) g *= static_cast<T>(factor);
    }
    return norm;
  }

 private:
  double bound_;
};

/// Leaves the gradient as it is.
struct NoGradientClip {
  template <class T>
  double operator()(std::span<T> gradient) const {
    return global_norm(std::span<const T>(gradient));
  }
};

}  // namespace ebm
