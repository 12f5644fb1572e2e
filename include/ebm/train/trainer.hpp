// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/train/callback.hpp>
#include <ebm/train/recipe.hpp>
#include <numeric>

namespace ebm {

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
  static_assert(
      requires(const decltype(RecipeType::gradient_clip)& clip, std::span<T> gradient) {
        { clip(gradient) } -> std::convertible_to<double>;
      },
      "the recipe's gradient_clip must be callable with the gradient, a span of the model's value "
      "type, and return its norm");
  static_assert(
      requires(const decltype(RecipeType::schedule)& schedule, int epoch) {
        { schedule.factor(epoch) } -> std::convertible_to<double>;
      },
      "the recipe's schedule must have factor(epoch), which returns what the learning rate is "
      "multiplied with");

  /// The model and the executor stay the caller's.
  ///
  /// Throws `InvalidArgument` if a number of the recipe is outside of its range.
  Trainer(E& model, RecipeType recipe, X& executor)
      : model_(&model),
        recipe_(std::move(recipe)),
        executor_(&executor),
        buffer_(E::Input::size, recipe_.buffer),
        gradient_(model.parameters().size()),
        previous_(model.parameters().size()) {
    const auto& r = recipe_;
    require(r.epochs >= 0, "Trainer: epochs must be >= 0, got ", r.epochs);
    require(r.batch >= 1, "Trainer: batch must be >= 1, got ", r.batch);
    require(r.data_noise >= 0 && std::isfinite(r.data_noise),
            "Trainer: data_noise must be >= 0 and finite, got ", r.data_noise);
    require(r.limit_batches >= 0, "Trainer: limit_batches must be >= 0, got ", r.limit_batches);
  }

  [[nodiscard]] const E& model() const noexcept { return *model_; }
  [[nodiscard]] const RecipeType& recipe() const noexcept { return recipe_; }
  [[nodiscard]] const ReplayBuffer<T>& buffer() const noexcept { return buffer_; }
  [[nodiscard]] X& executor() const noexcept { return *executor_; }
  [[nodiscard]] Workspace<T>& workspace() noexcept { return workspace_; }

  /// Makes `fit` return after the current step; for callbacks.
  void stop() noexcept { stopped_ = true; }

  /// Trains for the recipe's epochs; what is left of an epoch after whole batches is dropped.
  ///
  /// A second call goes on with the buffer and the optimiser's state, but counts its epochs, and
  /// with them the learning rate's schedule and the orders of the data, from 1 again.
  /// data: [sample][feature], at least one batch, finite, in the domain of the sampler
  /// Throws `InvalidArgument` if the data don't fit, and `Error` if the chains, the loss, its
  /// gradient or the parameters stop being finite; the parameters stay those of the step before.
  template <class... Callbacks>
  requires(Callback<Callbacks, Trainer>&&...) void fit(const ConstSamplesRef<T>& data,
                                                       Callbacks&&... callbacks) {
    require(data.rows() >= recipe_.batch, "Trainer::fit: a batch has ", recipe_.batch,
            " samples, but there are only ", data.rows());
    require_samples<T>("Trainer::fit", data, E::Input::size);
    recipe_.sampler.require_in_domain("Trainer::fit", data);
    start();
    (detail::notify_start(callbacks, *this), ...);
    for (int epoch = 1; epoch <= recipe_.epochs && !stopped_; ++epoch) {
      run_epoch(data, epoch, callbacks...);
    }
    (detail::notify_end(callbacks, *this), ...);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// Room for a batch, and a first batch of noise in the buffer.
  void start() {
    stopped_ = false;
    batch_.resize(recipe_.batch, E::Input::size);
    chains_.resize(recipe_.batch, E::Input::size);
    if (buffer_.size() == 0) {
      constexpr std::uint64_t before_any_step = ~std::uint64_t{0};
      buffer_.draw(chains_, recipe_.rng, before_any_step);
      buffer_.push(chains_);
    }
  }

  template <class... Callbacks>
  void run_epoch(const ConstSamplesRef<T>& data, int epoch, Callbacks&... callbacks) {
    const std::vector<std::uint32_t> order = epoch_order(data.rows(), epoch);
    int batches = static_cast<int>(data.rows() / recipe_.batch);
    if (recipe_.limit_batches > 0) batches = std::min(batches, recipe_.limit_batches);
    EpochReport summary;
    summary.epoch = epoch;
    summary.epochs = recipe_.epochs;
    summary.learning_rate = recipe_.optimizer.learning_rate() * recipe_.schedule.factor(epoch - 1);
    const auto epoch_start = Clock::now();
    int done = 0;
    while (done < batches && !stopped_) {
      const auto step_start = Clock::now();
      gather(data, order, done);
      BatchReport report;
      report.epoch = epoch;
      report.batch = ++done;
      report.batches = batches;
      step(report, summary.learning_rate);
      report.seconds = seconds_since(step_start);
      summary.mean += report.result;
      summary.gradient_norm += report.gradient_norm;
      (detail::notify(callbacks, *this, report), ...);
    }
    summary.batches = done;
    summary.mean = (1.0 / done) * summary.mean;
    summary.gradient_norm /= done;
    summary.seconds = seconds_since(epoch_start);
    (detail::notify(callbacks, *this, summary), ...);
  }

  void step(BatchReport& report, double learning_rate) {
    const auto first_chain = static_cast<std::uint64_t>(iteration_ * recipe_.batch);
    buffer_.draw(chains_, recipe_.rng, static_cast<std::uint64_t>(iteration_));
    recipe_.sampler.run(*model_, SamplesRef<T>(chains_), first_chain, recipe_.rng, *executor_,
                        workspace_);
    require_finite(chains_.allFinite(), "the chains are", report);
    buffer_.push(chains_);

    const std::span<T> gradient(gradient_);
    report.result = loss_gradient_(*model_, recipe_.loss, batch_, chains_, *executor_, gradient);
    require_finite(std::isfinite(report.result.loss.total), "the loss is", report);
    report.gradient_norm = recipe_.gradient_clip(gradient);
    require_finite(std::isfinite(report.gradient_norm), "the gradient is", report);
    update(gradient, learning_rate, report);
    report.learning_rate = learning_rate;
    report.iteration = ++iteration_;
  }

  /// One step of the optimiser, taken back if a parameter stops being finite.
  void update(std::span<const T> gradient, double learning_rate, const BatchReport& report) {
    const std::span<T> parameters = model_->parameters();
    std::ranges::copy(parameters, previous_.begin());
    recipe_.optimizer.step(parameters, gradient, learning_rate);
    const bool finite = std::ranges::all_of(parameters, [](T p) { return std::isfinite(p); });
    if (!finite) std::ranges::copy(previous_, parameters.begin());
    require_finite(finite, "a parameter is", report);
    model_->freeze();
  }

  /// Throws `Error` that names the step unless `finite`.
  static void require_finite(bool finite, const char* what, const BatchReport& report) {
    if (finite) return;
    throw Error(sentence("Trainer: ", what, " not finite in epoch ", report.epoch, ", batch ",
                         report.batch, ": a lower learning rate or stronger regulariser may help"));
  }

  /// The samples in the order of an epoch.
  ///
  /// Source: Durstenfeld, "Algorithm 235: Random permutation", 1964.
  std::vector<std::uint32_t> epoch_order(Eigen::Index samples, int epoch) const {
    std::vector<std::uint32_t> order(static_cast<std::size_t>(samples));
    std::iota(order.begin(), order.end(), 0u);
    if (recipe_.shuffle) {
      Sequence draws(recipe_.rng.stream(Purpose::shuffle), static_cast<std::uint64_t>(epoch));
      for (auto i = static_cast<std::uint32_t>(samples); i > 1; --i) {
        std::swap(order[i - 1], order[draws.below(i)]);
      }
    }
    return order;
  }

  /// Copies batch `index` of the epoch and adds noise, within the domain of the chains.
  void gather(const ConstSamplesRef<T>& data, const std::vector<std::uint32_t>& order, int index) {
    const auto first = static_cast<std::size_t>(index) * static_cast<std::size_t>(recipe_.batch);
    for (int i = 0; i < recipe_.batch; ++i) {
      batch_.row(i) = data.row(order[first + static_cast<std::size_t>(i)]);
    }
    if (recipe_.data_noise == 0) return;
    recipe_.sampler.template add_noise<T, typename E::Input>(
        batch_, recipe_.data_noise, static_cast<std::uint64_t>(iteration_ * recipe_.batch),
        recipe_.rng.stream(Purpose::data_noise), *executor_, workspace_);
  }

  E* model_;
  RecipeType recipe_;
  X* executor_;
  ReplayBuffer<T> buffer_;
  Workspace<T> workspace_;
  LossGradient<T> loss_gradient_;
  std::vector<T> gradient_, previous_;
  Samples<T> batch_, chains_;
  std::int64_t iteration_ = 0;
  bool stopped_ = false;
};

}  // namespace ebm
