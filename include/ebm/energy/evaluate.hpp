// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/var.hpp>
#include <ebm/core/block.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/parallel/serial.hpp>
#include <vector>

/// Energies and their gradients for many samples at once.
namespace ebm::inline EBM_ABI {

/// Throws `InvalidArgument` unless `samples` has `features` columns, all of them finite.
template <class T>
void require_samples(const char* function, const ConstSamplesRef<T>& samples, int features) {
  require(samples.cols() == features, function, ": the energy expects ", features,
          " features a sample, got ", samples.cols());
  for (Eigen::Index row = 0; row < samples.rows(); ++row) {
    require(all_finite(sample_of(samples, row)), function, ": sample ", row,
            " holds a value that is not finite");
  }
}

/// E(x) of each sample.
///
/// samples: [sample][feature]; result: [sample]
/// Throws `InvalidArgument` if the number of features is another or a value is not finite.
template <class T = float, class E, Executor X = Serial>
  requires Energy<E, T>
Eigen::Vector<T, Eigen::Dynamic> energies(const E& energy,
                                          const std::type_identity_t<ConstSamplesRef<T>>& samples,
                                          X&& executor = {}) {
  using S = typename E::Input;
  require_samples<T>("energies", samples, S::size);
  Eigen::Vector<T, Eigen::Dynamic> result(samples.rows());
  std::vector<Tape<T, Wrt::nothing>> tapes(static_cast<std::size_t>(executor.workers()));
  executor.for_each(block_count(samples.rows()), [&](int index, int worker) {
    auto& tape = tapes[static_cast<std::size_t>(worker)];
    tape.clear();
    Pack<T>* x = tape.allocate(S::size);
    load_block<S>(samples, index, x);
    const Pack<T> value = energy(tape.template input<S>(x)).value();
    for (int lane = 0; lane < block_fill(samples.rows(), index); ++lane) {
      result[Eigen::Index{index} * lanes + lane] = value.lane(lane);
    }
  });
  return result;
}

/// dE(x)/dx of each sample.
///
/// samples, result: [sample][feature]
/// Throws `InvalidArgument` if the number of features is another or a value is not finite.
template <class T = float, class E, Executor X = Serial>
  requires Energy<E, T>
Samples<T> energy_gradients(const E& energy,
                            const std::type_identity_t<ConstSamplesRef<T>>& samples,
                            X&& executor = {}) {
  using S = typename E::Input;
  require_samples<T>("energy_gradients", samples, S::size);
  Samples<T> result(samples.rows(), samples.cols());
  std::vector<Tape<T, Wrt::inputs>> tapes(static_cast<std::size_t>(executor.workers()));
  executor.for_each(block_count(samples.rows()), [&](int index, int worker) {
    auto& tape = tapes[static_cast<std::size_t>(worker)];
    tape.clear();
    Pack<T>* values = tape.allocate(S::size);
    load_block<S>(samples, index, values);
    const auto x = tape.template input<S>(values);
    tape.backward(energy(x));
    store_block<S>(x.adjoint_data(), index, SamplesRef<T>(result));
  });
  return result;
}

}  // namespace ebm::inline EBM_ABI
