// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/core/state.hpp>
#include <limits>
#include <span>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Options of `ExponentialAverage`.
struct ExponentialAverageOptions {
  double decay = 0.999;  ///< factor of an update's weight with each update after it, in [0, 1)
};

}  // namespace ebm

/// Averages of the parameters over the updates of a training.
namespace ebm::inline EBM_ABI {

/// Satisfied by an average that a training keeps.
///
/// `add(parameters)` takes in the parameters after an update; `copy_to(parameters)` writes the
/// average of all that was taken in, unless it `is_empty()`.
template <class A, class T = float>
concept ParameterAverage =
    Stateful<A> &&
    requires(A& average, const A& constant, std::span<const T> added, std::span<T> parameters) {
      average.add(added);
      constant.copy_to(parameters);
      { constant.is_empty() } -> std::same_as<bool>;
    };

/// Satisfied by the `averaging` of a recipe: `policy.for_parameters<T>(count)` makes the
/// `ParameterAverage` of a training of so many parameters.
template <class P, class T = float>
concept AveragingPolicy = requires(const P& policy) {
  { policy.template for_parameters<T>(std::size_t{}) } -> ParameterAverage<T>;
};

/// Averaging: none. It takes no memory and no time.
struct NoAverage {
  template <class T>
  struct Average {
    static void add(std::span<const T>) noexcept {}
    static void copy_to(std::span<T>) noexcept {}
    [[nodiscard]] static bool is_empty() noexcept { return true; }

    [[nodiscard]] static State state() { return {}; }
    /// Throws `Error` if the state is that of an average, which would be lost.
    static void restore(const State& state) {
      if (state.values().empty()) return;
      throw Error("NoAverage: the state has averaged parameters; expected a state without");
    }
  };

  template <class T>
  [[nodiscard]] static Average<T> for_parameters(std::size_t) noexcept {
    return {};
  }
};

/// Averaging: an exponential moving average, which smooths the noise of single updates.
///
///     sum_i decay^(t - i) p_i / sum_i decay^(t - i),  p_i: parameters after update i, i = 1 ... t
///
/// It looks back on about 1 / (1 - decay) updates, and on all of them while they are fewer. The
/// parameters from before the first update have no weight, unlike in averages that start from them.
/// Kept in double: in float, what a small weight adds would be rounded away.
/// Source: Kingma & Ba 2015, section 7.2, with the correction of the bias at the start; Song &
/// Ermon, "Improved Techniques for Training Score-Based Generative Models", 2020, technique 5;
/// averages of parameters: Polyak & Juditsky, "Acceleration of Stochastic Approximation by
/// Averaging", 1992.
class ExponentialAverage {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit ExponentialAverage(const ExponentialAverageOptions& options = {}) : options_(options) {
    require(options.decay >= 0 && options.decay < 1,
            "ExponentialAverage: decay must be in [0, 1), got ", options.decay);
  }

  [[nodiscard]] const ExponentialAverageOptions& options() const noexcept { return options_; }

  template <class T>
  class Average {
   public:
    Average(double decay, std::size_t count) : decay_(decay), mean_(count) {}

    /// parameters: [parameter]
    void add(std::span<const T> parameters) noexcept {
      power_ *= decay_;
      const double weight = (1 - decay_) / (1 - power_);  // 1 at first
      for (std::size_t i = 0; i < mean_.size(); ++i) {
        mean_[i] += weight * (static_cast<double>(parameters[i]) - mean_[i]);
      }
    }
    /// parameters: [parameter]
    void copy_to(std::span<T> parameters) const noexcept {
      std::ranges::transform(mean_, parameters.begin(),
                             [](double mean) { return static_cast<T>(mean); });
    }
    [[nodiscard]] bool is_empty() const noexcept { return power_ == 1; }

    [[nodiscard]] State state() const {
      State state;
      state.put("mean", mean_);
      state.put("power", power_);
      return state;
    }
    /// Throws `Error` if the state is not that of an average of as many parameters.
    void restore(const State& state) {
      const auto mean =
          state.finite<double>("mean", mean_.size(), double{std::numeric_limits<T>::max()});
      const double power = state.get<double>("power", 0, 1);
      mean_.assign(mean.begin(), mean.end());
      power_ = power;
    }

   private:
    double decay_;
    double power_ = 1;  // decay^t after t updates
    std::vector<double> mean_;
  };

  template <class T>
  [[nodiscard]] Average<T> for_parameters(std::size_t count) const {
    return {options_.decay, count};
  }

 private:
  ExponentialAverageOptions options_;
};

static_assert(AveragingPolicy<NoAverage> && AveragingPolicy<ExponentialAverage>);

}  // namespace ebm::inline EBM_ABI
