// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

/// An activation of one's own: a + sin^2(a), which goes on rising and never flattens.
///
/// Source: Ziyin, Hartwig, Ueda, "Neural Networks Fail to Learn Periodic Functions and How to Fix
/// It", 2020 (Snake).
struct Snake {
  template <class V>  // a pack of floats or doubles, or dual numbers of these
  static EBM_INLINE V value(const V& a) noexcept {
    V s, c;
    sincos(a, s, c);
    return fma(s, s, a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    using T = typename V::value_type;
    V s, c;
    sincos(a, s, c);
    value = fma(s, s, a);
    slope = fma(V(T(2)) * s, c, V(T(1)));
  }
};

using namespace ebm;
using Network = Sequential<Shape<2>, Linear<16>, Snake, Linear<1>>;  // fused into Linear<16>

int main() {
  const Neural<Network, double> energy(Rng{1});
  Samples<double> x = Samples<double>::Random(1000, 2);
  const Samples<double> slopes = energy_gradients(energy, x);

  // The slope along the first feature against central differences.
  constexpr double step = 1e-5;
  x.col(0).array() += step;
  const Eigen::VectorXd right = energies(energy, x);
  x.col(0).array() -= 2 * step;
  const Eigen::VectorXd left = energies(energy, x);
  const double error = (slopes.col(0) - (right - left) / (2 * step)).cwiseAbs().maxCoeff();
  std::printf("largest difference from finite differences: %.1e\n", error);
  return error < 1e-8 ? 0 : 1;
}
