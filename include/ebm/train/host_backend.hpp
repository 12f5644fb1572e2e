// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/finite.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <ebm/sampler/starts.hpp>
#include <ebm/train/averaged_model.hpp>
#include <ebm/train/backend.hpp>
#include <ebm/train/training_data.hpp>
#include <span>
#include <utility>
#include <vector>

namespace ebm::inline EBM_ABI {

/// What a training keeps from one iteration to the next besides the parameters.
template <class Starts, class Optimizer, class Average>
struct TrainingMemory {
  Starts starts;
  Optimizer optimizer;
  [[no_unique_address]] Average average;

  /// With the parameters, all that a training is put back by.
  template <class T>
  [[nodiscard]] State state(std::span<const T> parameters) const {
    State state;
    state.put("parameters", std::vector<T>(parameters.begin(), parameters.end()));
    state.put("buffer", starts.state());
    if constexpr (Stateful<Optimizer>) state.put("optimizer", optimizer.state());
    state.put("average", average.state());
    return state;
  }

  /// Puts a model and this back; throws `Error`, and changes nothing, for another model or recipe.
  template <class E>
  void restore(const State& state, E& model) {
    const auto stored =
        state.finite<typename E::value_type>("parameters", model.parameters().size());
    Optimizer restored_optimizer = optimizer;
    auto restored_average = average;
    if constexpr (Stateful<Optimizer>) restored_optimizer.restore(state.part("optimizer"));
    restored_average.restore(state.part("average"));
    // The last that may refuse, since a copy of it may be large.
    starts.restore(state.part("buffer"));

    model.change_parameters([&](auto p) { std::copy(stored.begin(), stored.end(), p.begin()); });
    optimizer = std::move(restored_optimizer);
    average = std::move(restored_average);
  }
};

/// The `TrainingMemory` of a recipe for a model.
template <class E, class RecipeType>
[[nodiscard]] auto training_memory(const E& model, const RecipeType& recipe) {
  using T = typename E::value_type;
  using S = typename E::Input;
  auto starts = [&] {
    if constexpr (wants_chains<decltype(RecipeType::loss)>()) {
      return recipe.starts.template for_chains<T>(recipe.batch, S::size, S::condition_size);
    } else {
      return FromData::Chains<T>();  // which keep nothing
    }
  }();
  auto average = recipe.averaging.template for_parameters<T>(model.parameters().size());
  return TrainingMemory<decltype(starts), decltype(RecipeType::optimizer), decltype(average)>{
      std::move(starts), recipe.optimizer, std::move(average)};
}

/// Backend: the program's own processor, by an executor.
template <class E, class RecipeType, Executor X>
class HostBackend {
  using T = typename E::value_type;

 public:
  /// All three outlive the backend.
  HostBackend(E& model, const RecipeType& recipe, X& executor)
      : model_(&model),
        recipe_(&recipe),
        executor_(&executor),
        memory_(training_memory(model, recipe)),
        averaged_model_(model),
        chains_(0, E::Input::size),
        gradient_(model.parameters().size()),
        previous_(model.parameters().size()) {}

  /// Where chains start, as it is now.
  [[nodiscard]] const auto& starts() const noexcept { return memory_.starts; }

  // The model is always what training has made of it.
  void start() const noexcept {}
  void fetch() const noexcept {}
  [[nodiscard]] const E& model() const { return averaged_model_.get(*model_, memory_.average); }

  void load_data(Samples<T>& batch, std::uint64_t first_chain) noexcept {
    batch_ = &batch;
    draws_ = {recipe_->rng, first_chain};
  }
  void add_data_noise() {
    add_noise<typename E::Input, T>(*batch_, recipe_->data_noise, domain_of_data<T>(*recipe_),
                                    draws_.first, recipe_->rng.stream(Purpose::data_noise),
                                    *executor_, noise_room_);
  }

  void begin_chains(std::uint64_t iteration) {
    chains_.resize(recipe_->batch, E::Input::size);
    memory_.starts.begin(chains_, *batch_, recipe_->rng, iteration);
  }
  ChainReport run_chains(int steps) {
    return ebm::run_chains(recipe_->sampler, std::as_const(*model_), chains_,
                           {.steps = steps,
                            .rng = recipe_->rng,
                            .first_chain = draws_.first,
                            .require_finite = false},  // the step judges them
                           *executor_, workspace_);
  }
  void guard_chains(ChainReport& report) {
    if constexpr (decltype(RecipeType::chain_guard)::replaces) {
      report.guarded = chains_.rows();
      report.lost = recipe_->chain_guard.template replace_lost<T>(chains_, *batch_);
    }
  }
  [[nodiscard]] bool chains_are_finite() const {
    return all_finite(std::span<const T>(chains_.data(), static_cast<std::size_t>(chains_.size())));
  }
  void end_chains() { memory_.starts.end(chains_); }

  BatchResult loss_gradient() {
    return loss_gradient_(*model_, recipe_->loss, *batch_, chains_, *executor_,
                          std::span<T>(gradient_), draws_);
  }
  double clip_gradient() { return recipe_->gradient_clip(std::span<T>(gradient_)); }

  void update(double learning_rate) {
    const std::span<const T> now = model_->parameters();
    std::copy(now.begin(), now.end(), previous_.begin());
    model_->change_parameters([&](std::span<T> parameters) {
      memory_.optimizer.step(parameters, std::span<const T>(gradient_), learning_rate);
    });
  }
  [[nodiscard]] bool parameters_are_finite() const { return all_finite(model_->parameters()); }
  void keep() {
    memory_.average.add(std::as_const(*model_).parameters());
    averaged_model_.make_old();
  }
  void take_back() {
    model_->change_parameters(
        [&](std::span<T> p) { std::copy(previous_.begin(), previous_.end(), p.begin()); });
  }

  [[nodiscard]] State state() const { return memory_.state(model_->parameters()); }
  void restore(const State& state) {
    memory_.restore(state, *model_);
    averaged_model_.make_old();
  }

 protected:
  E* model_;
  const RecipeType* recipe_;
  X* executor_;
  decltype(training_memory(std::declval<const E&>(), std::declval<const RecipeType&>())) memory_;
  [[no_unique_address]] mutable AveragedModel<E, decltype(RecipeType::averaging)> averaged_model_;
  Samples<T>* batch_ = nullptr;
  SampleDraws draws_;  // of the iteration
  Samples<T> chains_;
  LossGradient<T> loss_gradient_;
  std::vector<T> gradient_;
  std::vector<T> previous_;
  Workspace<T> workspace_;
  PerWorker<AlignedVector<Pack<T>>> noise_room_;
};

}  // namespace ebm::inline EBM_ABI
