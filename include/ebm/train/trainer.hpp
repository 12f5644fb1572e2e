// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/core/state.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/train/callback.hpp>
#include <ebm/train/host_backend.hpp>
#include <ebm/train/position.hpp>
#include <ebm/train/recipe.hpp>
#include <ebm/train/training_step.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace ebm::inline EBM_ABI {

namespace detail {

// Where a training happens: an executor, or an object with one that names a backend of its own,
// such as a GPU with an executor of the host beside it.

template <class Place>
auto& executor_of(Place& place) {
  if constexpr (Executor<Place>) {
    return place;
  } else {
    return place.executor();
  }
}

template <class E, class RecipeType, class Place>
struct BackendAt {
  using type = typename Place::template Backend<E, RecipeType>;
};
template <class E, class RecipeType, Executor X>
struct BackendAt<E, RecipeType, X> {
  using type = HostBackend<E, RecipeType, X>;
};

}  // namespace detail

/// Trains an energy as its recipe says, iteration by iteration; see `TrainingStep`.
///
/// `Place` is an executor, or a GPU (`simt::MachinePlace`).
/// The same seed gives the same parameters, bit by bit, in any place.
template <TrainableEnergy E, class RecipeType = Recipe<>, class Place = Serial>
class Trainer {
 public:
  using Model = E;
  using value_type = typename E::value_type;
  using T = value_type;

  static_assert(Transition<decltype(RecipeType::sampler), T>,
                "the recipe's sampler must satisfy Transition: have a Walk that moves a block of "
                "chains");
  static_assert(StartPolicy<decltype(RecipeType::starts), T>,
                "the recipe's starts must satisfy StartPolicy: make the ChainStarts of a training");
  static_assert(
      Loss<decltype(RecipeType::loss), T>,
      "the recipe's loss must satisfy Loss: judge a score, by term and slope, or a block, "
      "by judge");
  static_assert(Optimizer<decltype(RecipeType::optimizer), T>,
                "the recipe's optimizer must satisfy Optimizer for the model's value type");
  static_assert(GradientClip<decltype(RecipeType::gradient_clip), T>,
                "the recipe's gradient_clip must satisfy GradientClip: be called with the "
                "gradient, a span of the model's value type, and return its norm");
  static_assert(Schedule<decltype(RecipeType::schedule)>,
                "the recipe's schedule must satisfy Schedule: have factor(TrainingProgress), which "
                "returns what the learning rate of an iteration is multiplied with");
  static_assert(
      ChainGuard<decltype(RecipeType::chain_guard), T>,
      "the recipe's chain_guard must satisfy ChainGuard: replace_lost(chains, data), which "
      "returns how many chains it replaced");
  static_assert(AveragingPolicy<decltype(RecipeType::averaging), T>,
                "the recipe's averaging must satisfy AveragingPolicy: make the ParameterAverage of "
                "a training");

  /// The model and the place stay the caller's.
  ///
  /// Throws `InvalidArgument` if a number of the recipe is outside of its range.
  Trainer(E& model, RecipeType recipe, Place& place)
      : Trainer(model, std::move(recipe), nullptr, &place) {}

  /// The same with an executor of its own, `Threads` on all processors of the process.
  explicit Trainer(E& model, RecipeType recipe = {})
    requires std::default_initializable<Place>
      : Trainer(model, std::move(recipe), std::make_unique<Place>(), nullptr) {}

  // Parts of it refer to others.
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// The model that training hands out, wherever it happens: what is validated, saved and shown.
  ///
  /// It is the caller's model as training has left it, or, where the recipe averages, another one
  /// with the average of the parameters. The next call brings it up to date; so do not call it, or
  /// train, while another thread uses it.
  [[nodiscard]] const E& model() const { return step_.backend().model(); }
  [[nodiscard]] const RecipeType& recipe() const noexcept { return recipe_; }
  /// The executor, for what callbacks compute.
  [[nodiscard]] auto& executor() const noexcept { return detail::executor_of(*place_); }

  /// Whether chains start in a replay buffer.
  static constexpr bool has_buffer = std::same_as<decltype(RecipeType::starts), FromReplayBuffer> &&
                                     wants_chains<decltype(RecipeType::loss)>();

  /// The replay buffer, as it is now.
  [[nodiscard]] const ReplayBuffer<T>& buffer() const {
    static_assert(
        has_buffer,
        "Trainer::buffer: the recipe's starts are not FromReplayBuffer, or its loss wants "
        "no chains, so there is no replay buffer");
    return step_.backend().starts();
  }

  /// Steps of each chain: those of the recipe, unless a callback has set others.
  [[nodiscard]] int steps() const noexcept { return steps_; }
  /// Sets the steps of the next iterations' chains, >= 0; for callbacks.
  void set_steps(int steps) {
    require(steps >= 0, "Trainer: steps must be >= 0, got ", steps);
    steps_ = steps;
  }

  /// What each learning rate of the schedule is multiplied with, at first 1; > 0.
  void set_learning_rate_factor(double factor) {
    require(factor > 0 && std::isfinite(factor),
            "Trainer: the learning rate's factor must be > 0 and finite, got ", factor);
    learning_rate_factor_ = factor;
  }
  [[nodiscard]] double learning_rate_factor() const noexcept { return learning_rate_factor_; }

  /// How far training is; after an epoch, `on_epoch` sees the beginning of the next.
  [[nodiscard]] const Position& position() const noexcept { return position_; }

  /// Whether all epochs of the recipe are done.
  [[nodiscard]] bool is_finished() const noexcept { return position_.epoch > recipe_.epochs; }

  /// Makes `fit` return after the current iteration; for callbacks.
  void stop() noexcept { stopped_ = true; }

  /// Trains until the recipe's epochs are done; what is left of an epoch after whole batches is
  /// dropped.
  ///
  /// Goes on where an earlier call was stopped or `restore` put it, to the same bits as without the
  /// interruption, if the data are the same; where all epochs are done it changes nothing.
  /// The caller's model has the trained parameters afterwards, also where the recipe averages: the
  /// next `fit` goes on from them. The average is in `model()`.
  /// data: [sample][feature], or a `Dataset`; at least one batch, finite, in the domain of the
  /// sampler if the loss wants chains
  /// Throws `InvalidArgument` if the data don't fit, a parameter is not finite or a callback needs
  /// a metric that none before it sets, and `Diverged` if the chains, the loss, its gradient or the
  /// parameters stop being finite and no callback knows a way on; the parameters stay those of the
  /// iteration before.
  template <class... Callbacks>
    requires(Callback<Callbacks, Trainer> && ...)
  void fit(const ConstSamplesRef<T>& data, Callbacks&&... callbacks) {
    fit(RowsOf<T>(data), callbacks...);
  }
  /// The same with a `Dataset`.
  template <Dataset<T> D, class... Callbacks>
    requires(Callback<Callbacks, Trainer> && ...)
  void fit(const D& data, Callbacks&&... callbacks) {
    require(data.rows() >= recipe_.batch, "Trainer::fit: a batch has ", recipe_.batch,
            " samples, but there are only ", data.rows());
    require_trainable<typename E::Input, T>("Trainer::fit", data, domain_of_data<T>(recipe_));
    require_finite_parameters("Trainer::fit", step_.backend().model());
    detail::KnownMetrics metrics;
    (metrics.add(callbacks, *this), ...);
    start(data.rows());
    try {
      train(data, callbacks...);
    } catch (...) {
      try {
        step_.backend().fetch();
      } catch (const Error&) {
        // What went wrong first says more.
      }
      throw;
    }
  }

  /// Lets the next `fit` count epochs, and with them the learning rate's schedule and the orders of
  /// the data, from 1 again; parameters, their average, buffer and optimiser stay as they are.
  void start_over() { position_.start_epoch(1); }

  /// All that the next iterations depend on, but for the recipe and the data.
  [[nodiscard]] State state() const {
    State state = step_.backend().state();
    state.put("learning_rate_factor", learning_rate_factor_);
    state.put("position", position_.state());
    return state;
  }

  /// Puts this trainer where another one of the same recipe was.
  ///
  /// Throws `Error`, and changes nothing, if the state is that of another model or recipe.
  void restore(const State& state) {
    Position position = position_;
    position.restore(state.part("position"));
    const double factor = state.get<double>("learning_rate_factor", 1e-300, 1e300);

    step_.backend().restore(state);
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
  /// own_place: where to train, unless that is `place`
  Trainer(E& model, RecipeType recipe, std::unique_ptr<Place> own_place, Place* place)
      : recipe_(checked(std::move(recipe))),
        own_place_(std::move(own_place)),
        place_(own_place_ ? own_place_.get() : place),
        step_(recipe_, model, recipe_, *place_),
        steps_(recipe_.steps) {
    position_.loss_parts = part_names<decltype(RecipeType::loss)>().size();
  }

  static RecipeType checked(RecipeType r) {
    require(r.epochs >= 0, "Trainer: epochs must be >= 0, got ", r.epochs);
    require(r.steps >= 0, "Trainer: steps must be >= 0, got ", r.steps);
    require(r.batch >= 1, "Trainer: batch must be >= 1, got ", r.batch);
    require(r.data_noise >= 0 && std::isfinite(r.data_noise),
            "Trainer: data_noise must be >= 0 and finite, got ", r.data_noise);
    require(r.limit_batches >= 0, "Trainer: limit_batches must be >= 0, got ", r.limit_batches);
    if constexpr (wants_chains<decltype(RecipeType::loss)>() &&
                  requires { r.starts.noise_range(); }) {
      const auto domain = domain_of<double>(r.sampler);
      if constexpr (requires { r.starts.take_bounds(NoiseRange{}); }) {
        if (std::isfinite(domain.low) && std::isfinite(domain.high)) {
          r.starts.take_bounds({domain.low, domain.high});
        }
      }
      const NoiseRange noise = r.starts.noise_range();
      require(noise.low >= domain.low && noise.high <= domain.high,
              "Trainer: chains start as noise in [", noise.low, ", ", noise.high,
              "), which reaches beyond the sampler's domain [", domain.low, ", ", domain.high,
              "]: leave the bounds of the recipe's starts to the sampler");
    }
    return r;
  }

  using Clock = std::chrono::steady_clock;
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  void start(Eigen::Index samples) {
    stopped_ = false;
    seconds_ = 0;
    order_.reset();
    batches_ = static_cast<int>(samples / recipe_.batch);
    if (recipe_.limit_batches > 0) batches_ = std::min(batches_, recipe_.limit_batches);
    batch_.resize(recipe_.batch, E::Input::size);
    step_.backend().start();
  }

  template <class D, class... Callbacks>
  void train(const D& data, Callbacks&... callbacks) {
    (detail::notify_start(callbacks, *this), ...);
    while (!is_finished() && !stopped_) {
      try {
        run_batch(data, callbacks...);
      } catch (const Diverged& error) {
        const bool has_way_on = (detail::notify(callbacks, *this, error) || ...);
        if (!has_way_on) throw;
      }
    }
    step_.backend().fetch();
    (detail::notify_end(callbacks, *this), ...);
  }

  [[nodiscard]] TrainingProgress progress() const noexcept {
    // Not the position's own iteration, which also counts what was taken back.
    const int epoch = position_.epoch - 1;
    return {.epoch = epoch,
            .iteration = std::int64_t{epoch} * batches_ + position_.batches_done,
            .iterations = std::int64_t{recipe_.epochs} * batches_};
  }

  /// The next iteration, and the end of the epoch if it was its last.
  template <class D, class... Callbacks>
  void run_batch(const D& data, Callbacks&... callbacks) {
    was_moved_ = false;
    // What was saved after the last batch of an epoch has its end yet to come.
    if (position_.batches_done >= batches_) return finish_epoch(callbacks...);
    const auto start = Clock::now();
    BatchReport report;
    report.epoch = position_.epoch;
    report.batch = position_.batches_done + 1;
    report.batches = batches_;
    report.loss_parts = part_names<decltype(RecipeType::loss)>();
    report.learning_rate = recipe_.optimizer.learning_rate() * recipe_.schedule.factor(progress()) *
                           learning_rate_factor_;
    iterate(data, report);
    position_.add(report);
    report.seconds = seconds_since(start);
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

  template <class D>
  void iterate(const D& data, BatchReport& report) {
    if (position_.iteration == Position::most_iterations) {
      throw Error(
          sentence("Trainer::fit: there are no iterations after number ", position_.iteration));
    }
    // Counted first: what fails and is taken back must not draw the same numbers again.
    report.iteration = ++position_.iteration;
    if (!order_) order_.emplace(data.rows(), recipe_.shuffle, recipe_.rng, position_.epoch);
    order_->gather(data, position_.batches_done, batch_);
    step_.run(batch_, steps_, report);
  }

  const RecipeType recipe_;
  std::unique_ptr<Place> own_place_;
  Place* place_;
  TrainingStep<typename detail::BackendAt<E, RecipeType, Place>::type, RecipeType, T> step_;
  int steps_;
  Samples<T> batch_;
  std::optional<EpochOrder> order_;  // of the epoch at position_; made when needed
  Position position_;
  int batches_ = 0;  // of an epoch
  double learning_rate_factor_ = 1;
  double seconds_ = 0;  // of this epoch's batches
  bool stopped_ = false;
  bool was_moved_ = false;  // by a callback, to another state
};

/// Without an executor or another place, a training runs on `Threads` of its own.
/// @{
template <class E>
Trainer(E&) -> Trainer<E, Recipe<>, Threads>;
template <class E, class RecipeType>
Trainer(E&, RecipeType) -> Trainer<E, RecipeType, Threads>;
/// @}

}  // namespace ebm::inline EBM_ABI
