// SPDX-License-Identifier: MIT
#include "train_on_cpu.hpp"

#include <ebm/parallel/threads.hpp>
#include <utility>
#include <variant>

#if defined(EBM_MNIST_MPI)
#include <ebm/mpi/backend.hpp>
#endif

#include "compiled_networks.hpp"
#include "train_matching.hpp"
#include "training_run.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

namespace {

template <class Place>
TrainingResult train_in(Place& place, const TrainOptions& options, const TrainingData& data) {
  if (options.recipe == "matching") return train_from_data<MatchingEnergy>(options, data, place);
  if (options.recipe == "joint") return train_from_data<JointEnergy>(options, data, place);
  if (options.recipe == "persistent") {
    return std::visit(
        [&](auto energy) { return train_by_persistence(options, data, std::move(energy), place); },
        load_level_energy(options.persistent.from));
  }
  return options.model == "resnet" ? train_network<ResidualNetwork>(options, data, place)
                                   : train_network<Network>(options, data, place);
}

#if defined(EBM_MNIST_MPI)
TrainingResult train_on_ranks(const TrainOptions& options, const TrainingData& data) {
  const ebm::mpi::Ranks ranks;
  const int processors = ranks.own_processors();
  ebm::Threads threads(options.threads == 0 ? processors : options.threads);
  const ebm::mpi::RanksPlace place(ranks, threads);
  return train_in(place, options, data);
}
#endif

}  // namespace

TrainingResult train_on_cpu(const TrainOptions& options, const TrainingData& data) {
#if defined(EBM_MNIST_MPI)
  if (options.is_one_of_several) return train_on_ranks(options, data);
#endif
  ebm::Threads threads(options.threads);
  return train_in(threads, options, data);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
