// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <ebm/core/error.hpp>
#include <ebm/core/state.hpp>
#include <optional>
#include <span>

/// What an optimiser is.
namespace ebm::inline EBM_ABI {

/// Satisfied by types that change parameters against a gradient.
///
/// `step(parameters, gradient, learning_rate)` makes one step; `learning_rate()` is the rate that
/// schedules start from. One that remembers something between steps is `Stateful` too, for runs
/// that are interrupted and go on.
template <class O, class T = float>
concept Optimizer = requires(O& optimizer, const O& constant, std::span<T> parameters,
                             std::span<const T> gradient, double learning_rate) {
  optimizer.step(parameters, gradient, learning_rate);
  { constant.learning_rate() } -> std::same_as<double>;
};

namespace detail {

/// Throws `InvalidArgument` unless the rate is > 0 and finite.
template <class T>
void require_learning_rate(const char* optimizer, double rate) {
  // What is above 0 in double may be 0 or infinite in float.
  require(static_cast<T>(rate) > 0 && std::isfinite(static_cast<T>(rate)), optimizer,
          ": learning_rate must be > 0 and finite, got ", rate);
}

/// The number of parameters that an optimiser's steps have: the first one fixes it.
class ParameterCount {
 public:
  /// Throws `InvalidArgument` if the sizes differ, or are not those of the steps before.
  void require_sizes(const char* step, std::size_t parameters, std::size_t gradient) {
    const std::size_t expected = count_.value_or(parameters);
    require(parameters == expected && gradient == expected, step, ": ", expected,
            " parameters expected, got ", parameters, " and a gradient of ", gradient);
    count_ = expected;
  }

  /// 0 before the first step.
  [[nodiscard]] std::size_t value() const noexcept { return count_.value_or(0); }
  /// value: 0 for none yet
  void set(std::size_t value) noexcept {
    count_.reset();
    if (value > 0) count_ = value;
  }

  void put_into(State& state) const { state.put("parameters", static_cast<std::int64_t>(value())); }
  /// What `put_into` has put; throws `Error` if the state has none.
  [[nodiscard]] static std::size_t in(const State& state) {
    const auto count = state.get<std::int64_t>("parameters");
    if (count < 0) throw Error(sentence("State: an optimiser of ", count, " parameters"));
    return static_cast<std::size_t>(count);
  }

 private:
  std::optional<std::size_t> count_;
};

}  // namespace detail

}  // namespace ebm::inline EBM_ABI
