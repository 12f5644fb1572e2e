// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/state.hpp>
#include <ebm/kernels/adam.hpp>
#include <ebm/kernels/update.hpp>
#include <ebm/optim/optimizer.hpp>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of Adam; the defaults are those of the tutorial.
struct AdamOptions {
  double learning_rate = 1e-4;  ///< > 0
  double beta1 = 0;             ///< decay of the mean gradient, in [0, 1)
  double beta2 = 0.999;         ///< decay of the mean squared gradient, in [0, 1)
  double epsilon = 1e-8;        ///< > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// What Adam and AdamW ask of their options.
template <class T, class Options>
void require_adam_options(const char* name, const Options& o) {
  require_learning_rate<T>(name, o.learning_rate);
  require(o.beta1 >= 0 && o.beta1 < 1, name, ": beta1 must be in [0, 1), got ", o.beta1);
  require(o.beta2 >= 0 && o.beta2 < 1, name, ": beta2 must be in [0, 1), got ", o.beta2);
  require(static_cast<T>(o.epsilon) > 0, name, ": epsilon must be > 0, got ", o.epsilon);
}

}  // namespace detail

/// Adam: parameters move by the mean gradient over the root of the mean squared gradient.
///
///     m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
///     p <- p - rate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
///
/// Source: Kingma & Ba 2015, alg. 1, with epsilon where `torch.optim.Adam` has it.
template <class T = float>
class Adam {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit Adam(const AdamOptions& options = {}) : options_(options) {
    detail::require_adam_options<T>("Adam", options);
  }

  [[nodiscard]] const AdamOptions& options() const noexcept { return options_; }
  [[nodiscard]] double learning_rate() const noexcept { return options_.learning_rate; }

  /// One step with the given learning rate; the first one fixes the number of parameters.
  ///
  /// parameters, gradient: [parameter]
  /// Throws `InvalidArgument` if the sizes differ, or change between steps.
  void step(std::span<T> parameters, std::span<const T> gradient, double learning_rate) {
    count_.require_sizes("Adam::step", parameters.size(), gradient.size());
    mean_.resize(parameters.size());
    square_.resize(parameters.size());
    kernels::update(next_step(learning_rate), parameters.size(), parameters.data(), gradient.data(),
                    mean_.data(), square_.data());
  }

  /// Counts a step and returns its numbers, for who makes it elsewhere with moments of their own.
  [[nodiscard]] kernels::AdamStep<T> next_step(double learning_rate) {
    // Products instead of std::pow, whose last bit depends on the C library.
    beta1_power_ *= options_.beta1;
    beta2_power_ *= options_.beta2;
    const auto in_t = [](double value) { return static_cast<T>(value); };
    return {.beta1 = in_t(options_.beta1),
            .rest1 = in_t(1 - options_.beta1),
            .beta2 = in_t(options_.beta2),
            .rest2 = in_t(1 - options_.beta2),
            .rate = in_t(learning_rate / (1 - beta1_power_)),
            .correction = in_t(std::sqrt(1 - beta2_power_)),
            .epsilon = in_t(options_.epsilon)};
  }

  /// Mean gradient and mean squared gradient of each parameter; empty before the first step.
  struct Moments {
    std::vector<T> mean, square;
  };
  [[nodiscard]] Moments moments() const { return {mean_, square_}; }
  /// moments: both of as many parameters as `step` gets, or empty
  void set_moments(Moments moments) {
    mean_ = std::move(moments.mean);
    square_ = std::move(moments.square);
    count_.set(mean_.size());
  }

  [[nodiscard]] State state() const {
    State state;
    state.put("beta1_power", beta1_power_);
    state.put("beta2_power", beta2_power_);
    state.put("mean", mean_);
    count_.put_into(state);
    state.put("square", square_);
    return state;
  }

  /// Throws `Error` if the state is not an Adam's.
  void restore(const State& state) {
    const auto count = detail::ParameterCount::in(state);
    const auto mean = state.finite<T>("mean", count), square = state.finite<T>("square", count);
    const double beta1_power = state.get<double>("beta1_power", 0, 1);
    beta2_power_ = state.get<double>("beta2_power", 0, 1);
    beta1_power_ = beta1_power;
    mean_.assign(mean.begin(), mean.end());
    square_.assign(square.begin(), square.end());
    count_.set(count);
  }

 private:
  AdamOptions options_;
  detail::ParameterCount count_;
  std::vector<T> mean_, square_;
  double beta1_power_ = 1, beta2_power_ = 1;  // beta^t after t steps
};

static_assert(Optimizer<Adam<>> && Stateful<Adam<>>);

}  // namespace ebm::inline EBM_ABI
