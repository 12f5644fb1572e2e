// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/update.hpp>
#include <ebm/optim/optimizer.hpp>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of Sgd.
struct SgdOptions {
  double learning_rate = 1e-2;  ///< > 0
  double momentum = 0;          ///< decay of the velocity, in [0, 1); 0: no velocity
  bool nesterov = false;        ///< a step looks ahead along the velocity; only with momentum
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Stochastic gradient descent, with momentum if wanted.
///
///     u <- momentum u + g
///     p <- p - rate u,  or, where it is Nesterov's,  p <- p - rate (g + momentum u)
///
/// Source: Robbins & Monro 1951; Polyak 1964; Sutskever, Martens, Dahl, Hinton 2013, section 2. The
/// rate is outside of the velocity, as in `torch.optim.SGD`, so a new rate counts at once.
template <class T = float>
class Sgd {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit Sgd(const SgdOptions& options = {}) : options_(options) {
    const auto& o = options;
    detail::require_learning_rate<T>("Sgd", o.learning_rate);
    require(o.momentum >= 0 && o.momentum < 1, "Sgd: momentum must be in [0, 1), got ", o.momentum);
    require(o.momentum > 0 || !o.nesterov, "Sgd: nesterov needs a momentum > 0");
  }

  [[nodiscard]] const SgdOptions& options() const noexcept { return options_; }
  [[nodiscard]] double learning_rate() const noexcept { return options_.learning_rate; }

  /// One step with the given learning rate; the first one fixes the number of parameters.
  ///
  /// parameters, gradient: [parameter]
  /// Throws `InvalidArgument` if the sizes differ, or change between steps.
  void step(std::span<T> parameters, std::span<const T> gradient, double learning_rate) {
    const std::size_t count = parameters.size();
    count_.require_sizes("Sgd::step", count, gradient.size());
    velocity_.resize(velocities(count));
    const T rate = static_cast<T>(learning_rate), momentum = static_cast<T>(options_.momentum);
    if (velocity_.empty()) {
      kernels::update([=]<class V>(V& p, const V& g) EBM_INLINE_LAMBDA { p -= V(rate) * g; }, count,
                      parameters.data(), gradient.data());
    } else {
      const bool looks_ahead = options_.nesterov;
      kernels::update(
          [=]<class V>(V& p, const V& g, V& u) EBM_INLINE_LAMBDA {
            u = V(momentum) * u + g;
            p -= V(rate) * (looks_ahead ? g + V(momentum) * u : u);
          },
          count, parameters.data(), gradient.data(), velocity_.data());
    }
  }

  [[nodiscard]] State state() const {
    State state;
    count_.put_into(state);
    state.put("velocity", velocity_);
    return state;
  }

  /// Throws `Error` if the state is not that of an Sgd, with momentum if this one has it.
  void restore(const State& state) {
    const auto count = detail::ParameterCount::in(state);
    const auto velocity = state.finite<T>("velocity", velocities(count));
    velocity_.assign(velocity.begin(), velocity.end());
    count_.set(count);
  }

 private:
  [[nodiscard]] std::size_t velocities(std::size_t count) const noexcept {
    return options_.momentum > 0 ? count : 0;
  }

  SgdOptions options_;
  detail::ParameterCount count_;
  std::vector<T> velocity_;
};

static_assert(Optimizer<Sgd<>> && Stateful<Sgd<>>);

}  // namespace ebm::inline EBM_ABI
