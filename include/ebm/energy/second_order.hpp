// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/evaluate.hpp>

/// Derivatives of an energy's slopes: along a direction v everything is computed with its tangent,
/// by dual numbers, so that gradients come out with their derivative along v.
///
/// Any energy will do: networks, formulas, sums of them.
/// Source: Pearlmutter, "Fast Exact Multiplication by the Hessian", 1994, section 2.
namespace ebm::inline EBM_ABI {

namespace detail {

/// Calls `f(block index, count, energy of the block, tape, x)` for each block of samples, with
/// variables that have directions as tangents.
template <Wrt W, class E, class T, class X, class F>
void for_each_dual_block(const char* function, const E& energy, const ConstSamplesRef<T>& samples,
                         const ConstSamplesRef<T>& directions, X& executor, const F& f) {
  using S = typename E::Input;
  using P = Dual<Pack<T>>;
  require_samples<T>(function, samples, S::size);
  require(directions.rows() == samples.rows(), function, ": ", samples.rows(),
          " samples expect as many directions, got ", directions.rows());
  require_samples<T>(function, directions, S::size);
  require_finite_parameters(function, energy);
  PerWorker<Tape<WithTangent<T>, W>> tapes(executor);
  PerWorker<AlignedVector<Pack<T>>> rooms(executor);
  executor.for_each(block_count(samples.rows()), [&](int index, int worker) {
    auto& tape = tapes[worker];
    tape.clear();
    rooms[worker].resize(2 * S::size);
    Pack<T>* const values = rooms[worker].data();
    Pack<T>* const tangents = values + S::size;
    load_block<S>(samples, index, values);
    load_block<S>(directions, index, tangents);
    P* const x = tape.allocate(S::size);
    for (int i = 0; i < S::size; ++i) x[i] = P(values[i], tangents[i]);
    const int count = block_fill(samples.rows(), index);
    const auto& energy_of_block = at_block<T>(energy, Eigen::Index{index} * lanes, count);
    f(index, count, energy_of_block, tape, tape.template input<S>(x));
  });
}

}  // namespace detail

/// v^T dE(x)/dx of each sample, by one forward pass.
///
/// samples, directions: [sample][feature], of float or double; result: [sample]
/// Throws `InvalidArgument` if shapes don't fit or a value or a parameter is not finite.
template <class E, class AnySamples, class Directions, Executor X = Serial,
          class T = typename AnySamples::Scalar>
  requires Energy<E, T>
[[nodiscard]] Eigen::Vector<T, Eigen::Dynamic> slopes_along(const E& energy,
                                                            const AnySamples& samples,
                                                            const Directions& directions,
                                                            X&& executor = {}) {
  const ConstSamplesRef<T> rows(samples), v(directions);
  Eigen::Vector<T, Eigen::Dynamic> result(rows.rows());
  detail::for_each_dual_block<Wrt::nothing>(
      "slopes_along", energy, rows, v, executor,
      [&](int index, int count, const auto& energy_of_block, auto&, const auto& x) {
        const Pack<T> slope = energy_of_block(x).value().tangent;
        for (int lane = 0; lane < count; ++lane) {
          result[Eigen::Index{index} * lanes + lane] = slope.lane(lane);
        }
      });
  return result;
}

/// H(x) v of each sample, with the matrix H of second derivatives of E by x; H is never formed.
///
/// samples, directions, result: [sample][feature], of float or double
/// Throws `InvalidArgument` if shapes don't fit or a value or a parameter is not finite.
template <class E, class AnySamples, class Directions, Executor X = Serial,
          class T = typename AnySamples::Scalar>
  requires Energy<E, T>
[[nodiscard]] Samples<T> hessian_vector_product(const E& energy, const AnySamples& samples,
                                                const Directions& directions, X&& executor = {}) {
  using S = typename E::Input;
  const ConstSamplesRef<T> rows(samples), v(directions);
  Samples<T> result(rows.rows(), rows.cols());
  detail::for_each_dual_block<Wrt::inputs>(
      "hessian_vector_product", energy, rows, v, executor,
      [&](int index, int, const auto& energy_of_block, auto& tape, const auto& x) {
        tape.backward(energy_of_block(x));
        Pack<T>* const product = reinterpret_cast<Pack<T>*>(tape.allocate(S::size));
        for (int i = 0; i < S::size; ++i) product[i] = x.adjoint_data()[i].tangent;
        store_block<S>(product, index, SamplesRef<T>(result));
      });
  return result;
}

/// The sum over samples of d/d parameters of v^T dE(x)/dx; what trains by slopes, such as score
/// matching, is made of this.
///
/// samples, directions: [sample][feature]; result: [parameter], summed block by block
/// Throws `InvalidArgument` if shapes don't fit or a value or a parameter is not finite.
template <TrainableEnergy E, class AnySamples, class Directions>
[[nodiscard]] std::vector<typename E::value_type> parameter_gradient_of_slopes(
    const E& energy, const AnySamples& samples, const Directions& directions) {
  using T = typename E::value_type;
  const ConstSamplesRef<T> rows(samples), v(directions);
  std::vector<T> gradient(energy.parameters().size());
  Serial serial;
  detail::for_each_dual_block<Wrt::parameters>(
      "parameter_gradient_of_slopes", energy, rows, v, serial,
      [&](int, int count, const auto& energy_of_block, auto& tape, const auto& x) {
        tape.set_parameter_gradient(gradient);
        alignas(Pack<T>) T seeds[lanes] = {};
        std::fill_n(seeds, count, T(1));
        tape.backward(energy_of_block(x), Pack<T>::load(seeds));
      });
  finish_gradient(energy, std::span<T>(gradient));
  return gradient;
}

}  // namespace ebm::inline EBM_ABI
