// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/update.hpp>
#include <ebm/optim/optimizer.hpp>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of RmsProp; the defaults are those of `torch.optim.RMSprop`.
struct RmsPropOptions {
  double learning_rate = 1e-2;  ///< > 0
  double alpha = 0.99;          ///< decay of the mean squared gradient, in [0, 1)
  double epsilon = 1e-8;        ///< > 0
  double momentum = 0;          ///< decay of the velocity, in [0, 1); 0: no velocity
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// RMSprop: parameters move by the gradient over the root of the mean squared gradient.
///
///     v <- alpha v + (1 - alpha) g^2
///     u <- momentum u + g / (sqrt(v) + epsilon);  p <- p - rate u
///
/// Source: Tieleman & Hinton, "Lecture 6.5 - RMSProp", Neural Networks for Machine Learning, 2012,
/// with epsilon and momentum where `torch.optim.RMSprop` has them.
template <class T = float>
class RmsProp {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit RmsProp(const RmsPropOptions& options = {}) : options_(options) {
    const auto& o = options;
    detail::require_learning_rate<T>("RmsProp", o.learning_rate);
    require(o.alpha >= 0 && o.alpha < 1, "RmsProp: alpha must be in [0, 1), got ", o.alpha);
    require(static_cast<T>(o.epsilon) > 0, "RmsProp: epsilon must be > 0, got ", o.epsilon);
    require(o.momentum >= 0 && o.momentum < 1, "RmsProp: momentum must be in [0, 1), got ",
            o.momentum);
  }

  [[nodiscard]] const RmsPropOptions& options() const noexcept { return options_; }
  [[nodiscard]] double learning_rate() const noexcept { return options_.learning_rate; }

  /// One step with the given learning rate; the first one fixes the number of parameters.
  ///
  /// parameters, gradient: [parameter]
  /// Throws `InvalidArgument` if the sizes differ, or change between steps.
  void step(std::span<T> parameters, std::span<const T> gradient, double learning_rate) {
    const std::size_t count = parameters.size();
    count_.require_sizes("RmsProp::step", count, gradient.size());
    square_.resize(count);
    velocity_.resize(velocities(count));
    const T rate = static_cast<T>(learning_rate), epsilon = static_cast<T>(options_.epsilon);
    const T alpha = static_cast<T>(options_.alpha), rest = static_cast<T>(1 - options_.alpha);
    const T momentum = static_cast<T>(options_.momentum);
    // The gradient over the root of its mean square, which is brought up to date.
    const auto scaled = [=]<class V>(const V& g, V& v) EBM_INLINE_LAMBDA {
      v = V(alpha) * v + V(rest) * g * g;
      return g / (sqrt(v) + V(epsilon));
    };
    if (velocity_.empty()) {
      kernels::update([=]<class V>(V& p, const V& g, V& v)
                          EBM_INLINE_LAMBDA { p -= V(rate) * scaled(g, v); },
                      count, parameters.data(), gradient.data(), square_.data());
    } else {
      kernels::update(
          [=]<class V>(V& p, const V& g, V& v, V& u) EBM_INLINE_LAMBDA {
            u = V(momentum) * u + scaled(g, v);
            p -= V(rate) * u;
          },
          count, parameters.data(), gradient.data(), square_.data(), velocity_.data());
    }
  }

  [[nodiscard]] State state() const {
    State state;
    count_.put_into(state);
    state.put("square", square_);
    state.put("velocity", velocity_);
    return state;
  }

  /// Throws `Error` if the state is not that of an RmsProp, with momentum if this one has it.
  void restore(const State& state) {
    const auto count = detail::ParameterCount::in(state);
    const auto square = state.finite<T>("square", count);
    const auto velocity = state.finite<T>("velocity", velocities(count));
    square_.assign(square.begin(), square.end());
    velocity_.assign(velocity.begin(), velocity.end());
    count_.set(count);
  }

 private:
  [[nodiscard]] std::size_t velocities(std::size_t count) const noexcept {
    return options_.momentum > 0 ? count : 0;
  }

  RmsPropOptions options_;
  detail::ParameterCount count_;
  std::vector<T> square_, velocity_;
};

static_assert(Optimizer<RmsProp<>> && Stateful<RmsProp<>>);

}  // namespace ebm::inline EBM_ABI
