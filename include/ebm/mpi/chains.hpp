// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/mpi/ranks.hpp>
#include <ebm/sampler/run_chains.hpp>

/// Chains and energies of which each rank computes some rows.
namespace ebm::inline EBM_ABI::mpi {

/// Executor: of n pieces of work, runs those that this rank has, on an executor of its own.
///
/// All ranks together run every piece once.
template <Executor X>
class OnOwnShare {
 public:
  OnOwnShare(const Ranks& ranks, X& executor) : ranks_(&ranks), executor_(&executor) {}

  [[nodiscard]] int workers() const { return executor_->workers(); }

  template <class F>
  void for_each(int n, const F& f) const {
    const Share share = ranks_->share(n);
    executor_->for_each(share.size(),
                        [&](int index, int worker) { f(share.first + index, worker); });
  }

 private:
  const Ranks* ranks_;
  X* executor_;
};

/// Gives every rank the rows that the others have computed, block by block on `OnOwnShare`.
///
/// rows: [row][feature] without gaps, as many on each rank
template <class T>
void complete_rows(const Ranks& ranks, std::span<T> rows, Eigen::Index count) {
  if (count == 0) return;
  const std::size_t features = rows.size() / static_cast<std::size_t>(count);
  ranks.complete(rows, [&](int rank) {
    const Eigen::Index first = Eigen::Index{ranks.share(block_count(count), rank).first} * lanes;
    return static_cast<std::size_t>(std::min(first, count)) * features;
  });
}

/// Moves chains by a transition, each rank some of them, and leaves the final states of all in
/// `chains` on all ranks: the bytes of `ebm::run_chains`, whatever the number of ranks.
///
/// chains, run: the same on all ranks; `run.observe` sees a rank's own chains alone
/// Throws as `ebm::run_chains` does.
template <class K, class E, Executor X, class T>
ChainReport run_chains(const Ranks& ranks, const K& transition, const E& energy, Samples<T>& chains,
                       const std::type_identity_t<ChainRun<T>>& run, X& executor,
                       Workspace<T>& workspace) {
  const ChainReport own =
      ebm::run_chains(transition, energy, chains, run, OnOwnShare(ranks, executor), workspace);
  complete_rows(ranks, std::span<T>(chains.data(), static_cast<std::size_t>(chains.size())),
                chains.rows());
  ChainReport report;
  for (const ChainReport& of_rank : ranks.gather(own)) report += of_rank;
  return report;
}

/// The same for a single run.
template <class K, class E, class T, Executor X>
ChainReport run_chains(const Ranks& ranks, const K& transition, const E& energy, Samples<T>& chains,
                       const std::type_identity_t<ChainRun<T>>& run, X& executor) {
  Workspace<T> workspace;
  return run_chains(ranks, transition, energy, chains, run, executor, workspace);
}

/// E(x) of each sample, on all ranks: those of `ebm::energies`.
template <class E, class T, Executor X>
[[nodiscard]] Eigen::Vector<T, Eigen::Dynamic> energies(const Ranks& ranks, const E& energy,
                                                        const Samples<T>& samples, X& executor) {
  Eigen::Vector<T, Eigen::Dynamic> result =
      ebm::energies(energy, samples, OnOwnShare(ranks, executor));
  complete_rows(ranks, std::span<T>(result.data(), static_cast<std::size_t>(result.size())),
                result.rows());
  return result;
}

}  // namespace ebm::inline EBM_ABI::mpi
