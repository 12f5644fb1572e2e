// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <ebm/core/error.hpp>
#include <ebm/core/pack.hpp>
#include <numeric>
#include <span>

/// Gradient clipping: what happens to a gradient before the optimiser sees it.
namespace ebm::inline EBM_ABI {

/// Satisfied by types that are called with a gradient, [parameter], which they may change, and
/// return its Euclidean norm before that, >= 0.
template <class C, class T = float>
concept GradientClip = requires(const C& clip, std::span<T> gradient) {
  { clip(gradient) } -> std::convertible_to<double>;
};

/// The Euclidean norm of all elements together, in double precision.
///
/// Element i is added to sum i mod 16; then the sums are added in order.
template <class T>
[[nodiscard]] double global_norm(std::span<const T> gradient) {
  double sums[lanes] = {};  // side by side: one sum would wait for itself at every element
  const auto add = [&](std::size_t i, int lane) {
    sums[lane] += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
  };
  std::size_t first = 0;
  for (; first + lanes <= gradient.size(); first += lanes) {
    for (int lane = 0; lane < lanes; ++lane) add(first + static_cast<std::size_t>(lane), lane);
  }
  for (int lane = 0; first < gradient.size(); ++lane) add(first++, lane);
  return std::sqrt(std::accumulate(sums, sums + lanes, 0.0));
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

  /// What a gradient of norm `norm` is multiplied with, where that is below 1.
  [[nodiscard]] EBM_INLINE double factor(double norm) const noexcept {
    return bound_ / (norm + 1e-6);
  }

  /// Returns the norm before clipping.
  template <class T>
  double operator()(std::span<T> gradient) const {
    const double norm = global_norm(std::span<const T>(gradient));
    const double factor = this->factor(norm);
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
  [[nodiscard]] static EBM_INLINE double factor(double) noexcept { return 1; }

  template <class T>
  double operator()(std::span<T> gradient) const {
    return global_norm(std::span<const T>(gradient));
  }
};

static_assert(GradientClip<GlobalNormClip> && GradientClip<NoGradientClip, double>);

}  // namespace ebm::inline EBM_ABI
