// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/loss/loss.hpp>

/// What losses of the slopes dE/dx, and of curvatures, are made of.
namespace ebm::inline EBM_ABI {

/// `value` in the lanes of a block's samples, 0 in those beyond the last.
template <class T>
[[nodiscard]] Pack<T> in_rows(const JudgedBlock<T>& block, double value) {
  alignas(Pack<T>) T values[lanes] = {};
  std::fill_n(values, block.rows, static_cast<T>(value));
  return Pack<T>::load(values);
}

/// The sum over a block's samples, in double.
template <class T>
[[nodiscard]] double sum_of_rows(const JudgedBlock<T>& block, const Pack<T>& values) {
  double sum = 0;
  for (int lane = 0; lane < block.rows; ++lane) sum += static_cast<double>(values.lane(lane));
  return sum;
}

/// E(x) and dE(x)/dx of the lanes of a block.
template <class T>
struct BlockSlopes {
  Pack<T> energy;
  const Pack<T>* slopes;  ///< [row][column][channel], as long as the recording lives

  /// The sum of the squares of the first `size` slopes.
  [[nodiscard]] Pack<T> squares(int size) const {
    Pack<T> sum(T(0));
    for (int i = 0; i < size; ++i) sum = fma(slopes[i], slopes[i], sum);
    return sum;
  }
};

/// Clears the tape, records the energy of the block `x` on it, and sweeps back to x.
///
/// x: [row][column][channel]; outlives the recording
template <class E, class T>
[[nodiscard]] BlockSlopes<T> block_slopes(const E& energy, Tape<T, Wrt::inputs>& tape,
                                          const Pack<T>* x) {
  tape.clear();
  const auto input = tape.template input<typename E::Input>(x);
  const auto value = energy(input);
  tape.backward(value);
  return {value.value(), input.adjoint_data()};
}

/// Adds the sum over lanes of seed d/d parameters of v^T dE(x)/dx to the tape's gradient, with v a
/// constant.
///
/// x: [row][column][channel]; v: called with an element's index, of those that are no condition
/// Source: Pearlmutter, "Fast Exact Multiplication by the Hessian", 1994, section 2.
template <class E, class T, class V>
void add_gradient_along(const E& energy, Tape<WithTangent<T>, Wrt::parameters>& tape,
                        const Pack<T>* x, const V& v, const Pack<T>& seed) {
  using S = typename E::Input;
  using P = Dual<Pack<T>>;
  tape.clear();
  P* const along = tape.allocate(S::size);
  for (int i = 0; i < S::size; ++i) along[i] = i < free_size<S> ? P(x[i], v(i)) : P(x[i]);
  tape.backward(energy(tape.template input<S>(along)), seed);
}

/// E(x) with its slope v^T dE/dx and its curvature v^T H v along a direction v.
template <class T>
struct AlongDirection {
  Pack<T> energy, slope, curvature;
};

/// Records E(x) and its derivatives along v, and adds to the tape's gradient the sum over lanes of
///
///     a d/d parameters of v^T dE/dx + b d/d parameters of v^T H v
///
/// One pass on duals of duals, with v as both tangents of x; H is never formed.
/// x: [row][column][channel]; v: called with an element's index, of those that are no condition;
/// seeds: called with the `AlongDirection`, returns an array of a and b
template <class E, class T, class V, class Seeds>
AlongDirection<T> add_gradient_along_twice(const E& energy, CurvatureTape<T>& tape,
                                           const Pack<T>* x, const V& v, const Seeds& seeds) {
  using S = typename E::Input;
  using D = Dual<Pack<T>>;
  using P = Dual<D>;
  tape.clear();
  P* const along = tape.allocate(S::size);
  for (int i = 0; i < S::size; ++i) {
    const Pack<T> tangent = i < free_size<S> ? v(i) : Pack<T>(T(0));
    along[i] = P(D(x[i], tangent), D(tangent));
  }
  const auto value = energy(tape.template input<S>(along));
  const P& y = value.value();
  const AlongDirection<T> result{y.value.value, y.value.tangent, y.tangent.tangent};
  // The last tangent of seed dE/dparameters: that of the seed's value, and of its first tangent.
  const std::array<Pack<T>, 2> seed = seeds(result);
  tape.backward(value, P(D(seed[1], seed[0]), D(Pack<T>(T(0)))));
  return result;
}

}  // namespace ebm::inline EBM_ABI
