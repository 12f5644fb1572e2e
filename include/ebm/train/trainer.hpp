// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/core/state.hpp>
#include <ebm/train/callback.hpp>
#include <ebm/train/epoch_order.hpp>
#include <ebm/train/host_step.hpp>
#include <ebm/train/position.hpp>
#include <ebm/train/recipe.hpp>
#include <optional>
#include <utility>

namespace ebm::inline EBM_ABI {

/// Trains an energy by contrastive divergence, as its recipe says.
///
/// A step: a batch of data with a little noise; chains from the replay buffer, moved by the sampler
/// and put back; the loss of both; its gradient, clipped; the optimiser.
/// The same seed gives the same parameters, bit by bit, for any executor.
/// Source: Du & Mordatch 2019, alg. 1; UvA deep learning course, Tutorial 8 (Lippe).
template <TrainableEnergy E, class RecipeType = Recipe<>, Executor X = Serial>
class Trainer {
 public:
  using value_type = typename E::value_type;
  using T = value_type;

  static_assert(Sampler<decltype(RecipeType::sampler), T>,
                "the recipe's sampler must satisfy Sampler: run chains and add noise to data");
  static_assert(Loss<decltype(RecipeType::loss)>, "the recipe's loss must satisfy Loss");
  static_assert(Optimizer<decltype(RecipeType::optimizer), T>,
                "the recipe's optimizer must satisfy Optimizer for the model's value type");
  static_assert(GradientClip<decltype(RecipeType::gradient_clip), T>,
                "the recipe's gradient_clip must satisfy GradientClip: be called with the "
                "gradient, a span of the model's value type, and return its norm");
  static_assert(Schedule<decltype(RecipeType::schedule)>,
                "the recipe's schedule must satisfy Schedule: have factor(epoch), which returns "
                "what the learning rate is multiplied with");

  /// The model and the executor stay the caller's.
  ///
  /// Throws `InvalidArgument` if a number of the recipe is outside of its range.
  Trainer(E& model, RecipeType recipe, X& executor)
      : model_(&model),
        recipe_(checked(std::move(recipe))),
        executor_(&executor),
        step_(model, recipe_, executor) {}

  /// The model, as the steps have left it wherever they are made.
  [[nodiscard]] const E& model() const {
    step_.fetch(*model_);
    return *model_;
  }
  /// The recipe; its optimiser has its moments in `state()` where the steps are made elsewhere.
  [[nodiscard]] const RecipeType& recipe() const noexcept { return recipe_; }
  [[nodiscard]] const ReplayBuffer<T>& buffer() const { return step_.buffer(); }
  [[nodiscard]] X& executor() const noexcept { return *executor_; }
  [[nodiscard]] Workspace<T>& workspace() noexcept { return workspace_; }

  /// The sampler of the recipe; a callback may replace it between steps.
  [[nodiscard]] auto& sampler() noexcept { return recipe_.sampler; }

  /// What each learning rate of the schedule is multiplied with, at first 1; > 0.
  void set_learning_rate_factor(double factor) {
    require(factor > 0 && std::isfinite(factor),
            "Trainer: the learning rate's factor must be > 0 and finite, got ", factor);
    learning_rate_factor_ = factor;
  }
  [[nodiscard]] double learning_rate_factor() const noexcept { return learning_rate_factor_; }

  /// How far training is; behind an epoch, `on_epoch` sees the beginning of the next.
  [[nodiscard]] const Position& position() const noexcept { return position_; }

  /// Whether all epochs of the recipe are done.
  [[nodiscard]] bool is_finished() const noexcept { return position_.epoch > recipe_.epochs; }

  /// Makes `fit` return after the current step; for callbacks.
  void stop() noexcept { stopped_ = true; }

  /// Trains until the recipe's epochs are done; what is left of an epoch after whole batches is
  /// dropped.
  ///
  /// Goes on where an earlier call was stopped or `restore` put it, to the same bits as without the
  /// interruption, if the data are the same; where all epochs are done it changes nothing.
  /// data: [sample][feature], at least one batch, finite, in the domain of the sampler
  /// Throws `InvalidArgument` if the data don't fit, and `Diverged` if the chains, the loss, its
  /// gradient or the parameters stop being finite and no callback knows a way on; the parameters
  /// stay those of the step before.
  template <class... Callbacks>
    requires(Callback<Callbacks, Trainer> && ...)
  void fit(const ConstSamplesRef<T>& data, Callbacks&&... callbacks) {
    require(data.rows() >= recipe_.batch, "Trainer::fit: a batch has ", recipe_.batch,
            " samples, but there are only ", data.rows());
    require_samples<T>("Trainer::fit", data, E::Input::size);
    recipe_.sampler.require_in_domain("Trainer::fit", data);
    start(data.rows());
    try {
      train(data, callbacks...);
    } catch (...) {
      try {
        step_.fetch(*model_);
      } catch (const Error&) {
        // What went wrong first says more.
      }
      throw;
    }
  }

  /// Lets the next `fit` count epochs, and with them the learning rate's schedule and the orders of
  /// the data, from 1 again; parameters, buffer and optimiser stay as they are.
  void start_over() { position_.start_epoch(1); }

  /// All that the next steps depend on, but for the recipe and the data.
  [[nodiscard]] State state() const {
    State state = step_.state(*model_, recipe_);
    state.put("learning_rate_factor", learning_rate_factor_);
    state.put("position", position_.state());
    return state;
  }

  /// Puts this trainer where another one of the same recipe was.
  ///
  /// Throws `Error`, and changes nothing, if the state is that of another model or recipe.
  void restore(const State& state) {
    Position position;
    position.restore(state.part("position"));
    const double factor = state.get<double>("learning_rate_factor");

    step_.restore(state, *model_, recipe_);
    position_ = position;
    learning_rate_factor_ = factor;
    order_.reset();
    was_moved_ = true;
  }

  /// The same, but goes on with random numbers that have not been drawn yet; for callbacks that
  /// take back what went wrong.
  void roll_back(const State& state) {
    const std::int64_t iteration = position_.iteration;
    restore(state);
    position_.iteration = iteration;
  }

 private:
  static RecipeType checked(RecipeType r) {
    require(r.epochs >= 0, "Trainer: epochs must be >= 0, got ", r.epochs);
    require(r.batch >= 1, "Trainer: batch must be >= 1, got ", r.batch);
    require(r.data_noise >= 0 && std::isfinite(r.data_noise),
            "Trainer: data_noise must be >= 0 and finite, got ", r.data_noise);
    require(r.limit_batches >= 0, "Trainer: limit_batches must be >= 0, got ", r.limit_batches);
    return r;
  }

  using Clock = std::chrono::steady_clock;
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// Room for a batch, and a first batch of noise in the buffer.
  void start(Eigen::Index samples) {
    stopped_ = false;
    seconds_ = 0;
    order_.reset();
    batches_ = static_cast<int>(samples / recipe_.batch);
    if (recipe_.limit_batches > 0) batches_ = std::min(batches_, recipe_.limit_batches);
    batch_.resize(recipe_.batch, E::Input::size);
    step_.start(*model_, recipe_);
  }

  template <class... Callbacks>
  void train(const ConstSamplesRef<T>& data, Callbacks&... callbacks) {
    (detail::notify_start(callbacks, *this), ...);
    while (!is_finished() && !stopped_) {
      try {
        run_batch(data, callbacks...);
      } catch (const Diverged& error) {
        const bool has_way_on = (detail::notify(callbacks, *this, error) || ...);
        if (!has_way_on) throw;
      }
    }
    step_.fetch(*model_);
    (detail::notify_end(callbacks, *this), ...);
  }

  /// The next step, and the end of the epoch if it was its last.
  template <class... Callbacks>
  void run_batch(const ConstSamplesRef<T>& data, Callbacks&... callbacks) {
    was_moved_ = false;
    // What was saved behind the last batch of an epoch has its end yet to come.
    if (position_.batches_done >= batches_) return finish_epoch(callbacks...);
    const auto step_start = Clock::now();
    BatchReport report;
    report.epoch = position_.epoch;
    report.batch = position_.batches_done + 1;
    report.batches = batches_;
    report.learning_rate = recipe_.optimizer.learning_rate() *
                           recipe_.schedule.factor(position_.epoch - 1) * learning_rate_factor_;
    step(data, report);
    position_.add(report);
    report.seconds = seconds_since(step_start);
    seconds_ += report.seconds;
    static_cast<void>((notify_unless_moved(callbacks, report) && ...));
    if (!was_moved_ && position_.batches_done == batches_) finish_epoch(callbacks...);
  }

  template <class... Callbacks>
  void finish_epoch(Callbacks&... callbacks) {
    EpochReport report = position_.report();
    report.epochs = recipe_.epochs;
    report.seconds = std::exchange(seconds_, 0);
    position_.start_epoch(position_.epoch + 1);  // what a callback saves goes on from there
    order_.reset();
    static_cast<void>((notify_unless_moved(callbacks, report) && ...));
  }

  /// Whether the next callback is to see the report too.
  template <class C, class Report>
  bool notify_unless_moved(C& callback, Report& report) {
    detail::notify(callback, *this, report);
    return !was_moved_;
  }

  void step(const ConstSamplesRef<T>& data, BatchReport& report) {
    // Counted first: what fails and is taken back must not draw the same numbers again.
    report.iteration = ++position_.iteration;
    if (!order_) order_.emplace(data.rows(), recipe_.shuffle, recipe_.rng, position_.epoch);
    order_->gather(data, position_.batches_done, batch_);
    step_.run(*model_, recipe_, *executor_, workspace_, batch_, report);
  }

  E* model_;
  RecipeType recipe_;
  X* executor_;
  typename detail::StepOf<E, RecipeType, X>::type step_;
  Workspace<T> workspace_;
  Samples<T> batch_;
  std::optional<EpochOrder> order_;  // of the epoch at position_; made when needed
  Position position_;
  int batches_ = 0;  // of an epoch
  double learning_rate_factor_ = 1;
  double seconds_ = 0;  // of this epoch's batches
  bool stopped_ = false;
  bool was_moved_ = false;  // by a callback, to another state
};

}  // namespace ebm::inline EBM_ABI
