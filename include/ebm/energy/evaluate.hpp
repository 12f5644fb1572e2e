// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/var.hpp>
#include <ebm/core/block.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <ebm/parallel/executor.hpp>

/// Energies and their gradients for many samples at once.
namespace ebm::inline EBM_ABI {

namespace detail {

inline void require_feature_count(const char* function, Eigen::Index count, int expected) {
  require(count == expected, function, ": the energy expects ", expected,
          " features a sample, got ", count);
}

/// E of a block of rows, [lane], on a tape that is cleared before.
template <class E, class T>
[[nodiscard]] Pack<T> block_energies(const E& energy, const ConstSamplesRef<T>& rows, int index,
                                     Tape<T, Wrt::nothing>& tape) {
  using S = typename E::Input;
  tape.clear();
  Pack<T>* const x = tape.allocate(S::size);
  load_block<S>(rows, index, x);
  const auto& energy_of_block =
      at_block<T>(energy, Eigen::Index{index} * lanes, block_fill(rows.rows(), index));
  return energy_of_block(tape.template input<S>(x)).value();
}

}  // namespace detail

/// Throws `InvalidArgument` unless `samples` has `features` columns, all of them finite.
template <class T>
void require_samples(const char* function, const ConstSamplesRef<T>& samples, int features) {
  detail::require_feature_count(function, samples.cols(), features);
  require_finite_samples(function, samples);
}

/// E(x) of each sample.
///
/// samples: [sample][feature], of float or double; result: [sample]
/// Throws `InvalidArgument` if the number of features is another, or a value or a parameter of the
/// energy is not finite.
template <class E, class AnySamples, Executor X = Serial, class T = typename AnySamples::Scalar>
  requires Energy<E, T>
[[nodiscard]] Eigen::Vector<T, Eigen::Dynamic> energies(const E& energy, const AnySamples& samples,
                                                        X&& executor = {}) {
  using S = typename E::Input;
  const ConstSamplesRef<T> rows(samples);
  require_samples<T>("energies", rows, S::size);
  require_finite_parameters("energies", energy);
  Eigen::Vector<T, Eigen::Dynamic> result(rows.rows());
  PerWorker<Tape<T, Wrt::nothing>> tapes(executor);
  executor.for_each(block_count(rows.rows()), [&](int index, int worker) {
    const Pack<T> value = detail::block_energies(energy, rows, index, tapes[worker]);
    const Eigen::Index first = Eigen::Index{index} * lanes;
    for (int lane = 0; lane < block_fill(rows.rows(), index); ++lane) {
      result[first + lane] = value.lane(lane);
    }
  });
  return result;
}

/// The score f(x) = -E(x) of each sample: high where x is likely; see `energies`.
template <class E, class AnySamples, Executor X = Serial, class T = typename AnySamples::Scalar>
  requires Energy<E, T>
[[nodiscard]] Eigen::Vector<T, Eigen::Dynamic> scores(const E& energy, const AnySamples& samples,
                                                      X&& executor = {}) {
  return -energies(energy, samples, executor);
}

/// dE(x)/dx of each sample.
///
/// samples, result: [sample][feature], of float or double
/// Throws `InvalidArgument` if the number of features is another, or a value or a parameter of the
/// energy is not finite.
template <class E, class AnySamples, Executor X = Serial, class T = typename AnySamples::Scalar>
  requires Energy<E, T>
[[nodiscard]] Samples<T> energy_gradients(const E& energy, const AnySamples& samples,
                                          X&& executor = {}) {
  using S = typename E::Input;
  const ConstSamplesRef<T> rows(samples);
  require_samples<T>("energy_gradients", rows, S::size);
  require_finite_parameters("energy_gradients", energy);
  Samples<T> result(rows.rows(), rows.cols());
  PerWorker<Tape<T, Wrt::inputs>> tapes(executor);
  executor.for_each(block_count(rows.rows()), [&](int index, int worker) {
    auto& tape = tapes[worker];
    tape.clear();
    Pack<T>* values = tape.allocate(S::size);
    load_block<S>(rows, index, values);
    const auto& energy_of_block =
        at_block<T>(energy, Eigen::Index{index} * lanes, block_fill(rows.rows(), index));
    const auto x = tape.template input<S>(values);
    tape.backward(energy_of_block(x));
    store_block<S>(x.adjoint_data(), index, SamplesRef<T>(result));
  });
  return result;
}

}  // namespace ebm::inline EBM_ABI
