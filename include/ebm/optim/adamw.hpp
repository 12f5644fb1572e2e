// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/optim/adam.hpp>

namespace ebm {  // the same for every instruction set

/// Options of AdamW; the defaults are those of `torch.optim.AdamW`.
struct AdamWOptions {
  double learning_rate = 1e-3;  ///< > 0
  double beta1 = 0.9;           ///< decay of the mean gradient, in [0, 1)
  double beta2 = 0.999;         ///< decay of the mean squared gradient, in [0, 1)
  double epsilon = 1e-8;        ///< > 0
  double weight_decay = 0.01;   ///< share of a parameter that a step of rate 1 takes, >= 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Adam with decoupled weight decay: the decay enters neither the gradient nor its means.
///
///     p <- (1 - rate weight_decay) p, then a step of Adam
///
/// The rate of a step is that of the schedule, so a schedule of the rate is one of the decay too.
/// Source: Loshchilov & Hutter 2019, alg. 2. There the decay is multiplied with the schedule's
/// factor only; here it is with the whole rate, as in `torch.optim.AdamW`.
template <class T = float>
class AdamW {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit AdamW(const AdamWOptions& options = {}) : options_(options), adam_(of_adam(options)) {
    require(options.weight_decay >= 0 && std::isfinite(options.weight_decay),
            "AdamW: weight_decay must be >= 0 and finite, got ", options.weight_decay);
  }

  [[nodiscard]] const AdamWOptions& options() const noexcept { return options_; }
  [[nodiscard]] double learning_rate() const noexcept { return options_.learning_rate; }

  /// One step with the given learning rate; the first one fixes the number of parameters.
  ///
  /// parameters, gradient: [parameter]
  /// Throws `InvalidArgument` if the sizes differ, or change between steps.
  void step(std::span<T> parameters, std::span<const T> gradient, double learning_rate) {
    count_.require_sizes("AdamW::step", parameters.size(), gradient.size());
    const T rest = static_cast<T>(1 - learning_rate * options_.weight_decay);
    for (T& parameter : parameters) parameter *= rest;
    adam_.step(parameters, gradient, learning_rate);
  }

  /// The state of the Adam within.
  [[nodiscard]] State state() const { return adam_.state(); }

  /// Throws `Error` if the state is not an AdamW's or an Adam's.
  void restore(const State& state) {
    adam_.restore(state);
    count_.set(detail::ParameterCount::in(state));
  }

 private:
  static AdamOptions of_adam(const AdamWOptions& o) {
    detail::require_adam_options<T>("AdamW", o);
    return {o.learning_rate, o.beta1, o.beta2, o.epsilon};
  }

  AdamWOptions options_;
  Adam<T> adam_;
  detail::ParameterCount count_;
};

static_assert(Optimizer<AdamW<>> && Stateful<AdamW<>>);

}  // namespace ebm::inline EBM_ABI
