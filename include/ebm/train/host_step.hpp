// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/finite.hpp>
#include <ebm/core/state.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <ebm/sampler/sampler.hpp>
#include <ebm/train/report.hpp>
#include <span>
#include <utility>
#include <vector>

namespace ebm::inline EBM_ABI {

namespace detail {

/// Throws `Diverged` that names the step unless `finite`.
inline void require_finite(bool finite, const char* what, const BatchReport& report) {
  if (finite) return;
  throw Diverged(sentence("Trainer: ", what, " not finite in epoch ", report.epoch, ", batch ",
                          report.batch,
                          ": a lower learning rate or stronger regulariser may help"));
}

/// Puts a model and the optimiser of a recipe back to `state`; returns the buffer.
///
/// Throws `Error`, and changes nothing, if the state is that of another model or recipe.
template <class E, class RecipeType, class T = typename E::value_type>
[[nodiscard]] ReplayBuffer<T> restore_step(const State& state, E& model, RecipeType& recipe) {
  const std::span<T> parameters = model.parameters();
  const auto stored = state.get<T>("parameters", parameters.size());
  ReplayBuffer<T> buffer(E::Input::size, recipe.buffer);
  buffer.restore(state.part("buffer"));
  auto optimizer = recipe.optimizer;
  if constexpr (Stateful<decltype(optimizer)>) optimizer.restore(state.part("optimizer"));

  std::copy(stored.begin(), stored.end(), parameters.begin());
  model.freeze();
  recipe.optimizer = std::move(optimizer);
  return buffer;
}

}  // namespace detail

/// What a training step computes, on the program's own processor: all of it but the choice of data.
///
/// Another executor may bring a step of its own, `X::Step<E, RecipeType>`, with these members, and
/// so run the same training on another machine.
template <class E, class RecipeType, class X>
class HostStep {
  using T = typename E::value_type;

 public:
  HostStep(const E& model, const RecipeType& recipe, X&)
      : buffer_(E::Input::size, recipe.buffer),
        gradient_(model.parameters().size()),
        previous_(model.parameters().size()) {}

  [[nodiscard]] const ReplayBuffer<T>& buffer() const noexcept { return buffer_; }

  /// Makes the model what training has made of it; here it is that always.
  void fetch(E&) const noexcept {}

  /// A first batch of noise in the buffer, if it is empty.
  void start(const E&, const RecipeType& recipe) {
    chains_.resize(recipe.batch, E::Input::size);
    if (buffer_.size() > 0) return;
    constexpr std::uint64_t before_any_step = ~std::uint64_t{0};
    buffer_.draw(chains_, recipe.rng, before_any_step);
    buffer_.push(chains_);
  }

  /// One step with `batch`, data to which the noise is yet to be added.
  ///
  /// batch: [sample][feature], may be changed; report: tells iteration and learning rate, and gets
  /// the result and the gradient's norm
  /// Throws `Diverged` if something stops being finite; the parameters stay those of before.
  void run(E& model, RecipeType& recipe, X& executor, Workspace<T>& workspace, Samples<T>& batch,
           BatchReport& report) {
    const auto draw = static_cast<std::uint64_t>(report.iteration - 1);
    const std::uint64_t first_chain = draw * static_cast<std::uint64_t>(recipe.batch);
    if (recipe.data_noise > 0) {
      recipe.sampler.template add_noise<T, typename E::Input>(
          batch, recipe.data_noise, first_chain, recipe.rng.stream(Purpose::data_noise), executor,
          workspace);
    }
    buffer_.draw(chains_, recipe.rng, draw);
    recipe.sampler.run(model, SamplesRef<T>(chains_), first_chain, recipe.rng, executor, workspace);
    const std::span<const T> ends(chains_.data(), static_cast<std::size_t>(chains_.size()));
    detail::require_finite(all_finite(ends), "the chains are", report);
    buffer_.push(chains_);

    const std::span<T> gradient(gradient_);
    report.result = loss_gradient_(model, recipe.loss, batch, chains_, executor, gradient);
    detail::require_finite(std::isfinite(report.result.loss.total), "the loss is", report);
    report.gradient_norm = recipe.gradient_clip(gradient);
    detail::require_finite(std::isfinite(report.gradient_norm), "the gradient is", report);
    update(model, recipe, report);
  }

  /// Parameters, buffer and optimiser.
  [[nodiscard]] State state(const E& model, const RecipeType& recipe) const {
    State state;
    const std::span<const T> parameters = model.parameters();
    state.put("parameters", std::vector<T>(parameters.begin(), parameters.end()));
    state.put("buffer", buffer_.state());
    if constexpr (Stateful<decltype(recipe.optimizer)>) {
      state.put("optimizer", recipe.optimizer.state());
    }
    return state;
  }

  /// Throws `Error`, and changes nothing, if the state is that of another model or recipe.
  void restore(const State& state, E& model, RecipeType& recipe) {
    buffer_ = detail::restore_step(state, model, recipe);
  }

 private:
  /// One step of the optimiser, taken back if a parameter stops being finite.
  void update(E& model, RecipeType& recipe, const BatchReport& report) {
    const std::span<T> parameters = model.parameters();
    std::copy(parameters.begin(), parameters.end(), previous_.begin());
    recipe.optimizer.step(parameters, std::span<const T>(gradient_), report.learning_rate);
    const bool finite = all_finite(parameters);
    if (!finite) std::copy(previous_.begin(), previous_.end(), parameters.begin());
    detail::require_finite(finite, "a parameter is", report);
    model.freeze();
  }

  ReplayBuffer<T> buffer_;
  LossGradient<T> loss_gradient_;
  std::vector<T> gradient_, previous_;
  Samples<T> chains_;
};

namespace detail {

template <class E, class RecipeType, class X>
struct StepOf {
  using type = HostStep<E, RecipeType, X>;
};
template <class E, class RecipeType, class X>
  requires requires { typename X::template Step<E, RecipeType>; }
struct StepOf<E, RecipeType, X> {
  using type = typename X::template Step<E, RecipeType>;
};

}  // namespace detail

}  // namespace ebm::inline EBM_ABI
