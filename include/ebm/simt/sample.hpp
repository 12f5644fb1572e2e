// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/simt/chains.hpp>
#include <ebm/simt/replay_buffer.hpp>

namespace ebm::inline EBM_ABI::simt {

/// Options of a run of chains on a machine; see `ChainRun`.
struct MachineRun {
  int steps = 60;
  Rng rng{};
  std::uint64_t first_chain = 0;
};

/// Runs all steps of chains on a machine and leaves their final states in `chains`, to the bits of
/// `ebm::run_chains`; weights and memory are brought there for this one run.
///
/// chains: [chain][feature], finite; row i is chain `run.first_chain` + i
/// Throws `InvalidArgument` if the features don't fit the model, a value or a parameter is not
/// finite, or an option is out of range; `Error`, which names the chain, if one does not stay
/// finite.
template <class Network, class T, class Sampler, Machine M>
void run_chains(M& machine, const Neural<Network, T>& model, const Sampler& sampler,
                std::type_identity_t<SamplesRef<T>> chains, const MachineRun& run = {}) {
  using S = typename Network::Input;
  require_samples<T>("simt::run_chains", chains, S::size);
  require_finite_parameters("simt::run_chains", model);
  require(run.steps >= 0, "simt::run_chains: steps must be >= 0, got ", run.steps);
  if (chains.rows() == 0) return;
  const int count = static_cast<int>(chains.rows());
  MachineNetwork<Network, T, M> network(machine);
  machine.upload(model.parameters().data(), model.parameters().size(), network.parameters().data());
  network.freeze();

  Samples<T> samples = chains;  // without gaps between the rows
  const auto size = static_cast<std::size_t>(samples.size());
  typename M::template Array<T> on_machine(machine, size, "the samples");
  machine.upload(samples.data(), size, on_machine.data());

  MachineChains<Network, T, M> walk(machine, count);
  machine.launch(LoadSamples<T, S>{on_machine.data(), walk.states(), count});
  walk.run(network, sampler, run.steps, run.rng, run.first_chain);
  machine.launch(StoreSamples<T, S>{walk.states(), on_machine.data(), nullptr, count});
  machine.download(on_machine.data(), size, samples.data());
  for (Eigen::Index chain = 0; chain < samples.rows(); ++chain) {
    if (all_finite(sample_of(std::as_const(samples), chain))) continue;
    throw Error(sentence("simt::run_chains: chain ", chain, " is not finite after ", run.steps,
                         " steps: they are too large, or the energy has no value there"));
  }
  chains = samples;
}

}  // namespace ebm::inline EBM_ABI::simt
