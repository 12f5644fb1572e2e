// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/math.hpp>

/// The moves of samplers that give their chains momenta, each of `size` elements of a block.
namespace ebm::inline EBM_ABI::detail {

/// p <- p - time dE/dx; `time` is of each lane.
template <class P>
void kick(P* momentum, const P* gradient, const P& time, int size) {
  for (int i = 0; i < size; ++i) momentum[i] = fma(-time, gradient[i], momentum[i]);
}

/// Momenta that friction partly takes away and noise of temperature 1 gives back:
/// p <- c p + sqrt(1 - c^2) z, c = exp(-friction time), which leaves N(0, 1) as it is.
template <class T>
class Thermostat {
  using P = Pack<T>;

 public:
  /// `decay` is friction times time, > 0.
  explicit Thermostat(double decay) {
    // Our own exp, since the last bit of std::exp is the C library's.
    const double kept = exp(Pack<double, 1>(-decay)).lane(0);
    kept_ = P(static_cast<T>(kept));
    drawn_ = P(static_cast<T>(std::sqrt(1 - kept * kept)));
  }

  /// x <- x + half_step p; p <- c p + sqrt(1 - c^2) noise; x <- x + half_step p.
  void drift(P* x, P* momentum, const P* noise, const P& half_step, int size) const {
    for (int i = 0; i < size; ++i) {
      const P& before = momentum[i];
      const P after = fma(kept_, before, drawn_ * noise[i]);
      x[i] = fma(half_step, before + after, x[i]);
      momentum[i] = after;
    }
  }

 private:
  P kept_, drawn_;
};

}  // namespace ebm::inline EBM_ABI::detail
