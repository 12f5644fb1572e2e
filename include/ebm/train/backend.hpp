// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/samples.hpp>
#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>

/// What makes the parts of a training iteration: the program's own processor, or a GPU.
namespace ebm::inline EBM_ABI {

/// Satisfied by what `TrainingStep` tells what to do; the order is the step's alone.
///
/// A backend belongs to one model and one recipe, and keeps what training changes: the parameters,
/// the chains with their starts, the optimiser, and the average of the parameters. Each part works
/// on what the parts before it have left:
/// - `start()` takes the model's parameters as they are now.
/// - `load_data(batch, first_chain)`, [sample][feature]: samples and chains of the iteration have
///   the random numbers of chains from that number on; `add_data_noise()`.
/// - `begin_chains(iteration)`, from 0; `run_chains(steps)`; `guard_chains(report)` replaces lost
///   ones and reports them; `chains_are_finite()`; `end_chains()` keeps them for later starts.
/// - `loss_gradient()` of the data and the chains' ends; `clip_gradient()` returns its norm before.
/// - `update(learning_rate)` makes a step of the optimiser; `parameters_are_finite()`; then either
///   `keep()`, by which the update enters the average, or `take_back()`, which undoes it.
///
/// `fetch()` makes the model what training has made of it; `model()` is the one that training hands
/// out, with the average where the recipe has one; `state()` and `restore(state)` are those
/// of what it keeps. `restore` throws `Error`, and changes nothing, for another model or recipe.
template <class B, class T>
concept Backend =
    Stateful<B> && requires(B& backend, const B& constant, Samples<T>& batch, std::uint64_t number,
                            int steps, double learning_rate, ChainReport& report) {
      backend.start();
      backend.load_data(batch, number);
      backend.add_data_noise();
      backend.begin_chains(number);
      { backend.run_chains(steps) } -> std::same_as<ChainReport>;
      backend.guard_chains(report);
      { backend.chains_are_finite() } -> std::same_as<bool>;
      backend.end_chains();
      { backend.loss_gradient() } -> std::same_as<BatchResult>;
      { backend.clip_gradient() } -> std::same_as<double>;
      backend.update(learning_rate);
      { backend.parameters_are_finite() } -> std::same_as<bool>;
      backend.keep();
      backend.take_back();
      backend.fetch();
      constant.model();
    };

}  // namespace ebm::inline EBM_ABI
