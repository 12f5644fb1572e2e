// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <limits>
#include <vector>

/// Whether chains stay where a model's samples are.
namespace ebm {  // the same for every instruction set

/// E over the chains that are not lost, at one time.
struct EnergyMoments {
  double mean = 0;
  double deviation = 0;
  std::ptrdiff_t lost = 0;  ///< chains whose energy was not finite, now or before
};

/// E of chains over time.
struct EnergyStatistics {
  std::vector<EnergyMoments> times;  ///< [time]
  double drift = 0;      ///< of the mean of E from the first to the last time, along a fitted line
  double deviation = 0;  ///< of E over chains, root mean square over times
  double drift_error = 0;  ///< standard error of the drift

  /// Whether there is a drift.
  [[nodiscard]] double drift_in_errors() const { return drift == 0 ? 0 : drift / drift_error; }
  /// Whether the drift matters.
  [[nodiscard]] double drift_in_deviations() const { return drift == 0 ? 0 : drift / deviation; }
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

namespace detail {

/// Mean and deviation of values; NaN of none, and the deviation of one.
inline EnergyMoments moments_of(const std::vector<double>& values) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const double count = static_cast<double>(values.size());
  if (values.empty()) return {.mean = unknown, .deviation = unknown};
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {.mean = mean, .deviation = count > 1 ? std::sqrt(squares / (count - 1)) : unknown};
}

}  // namespace detail

/// Mean and deviation of E over chains at each time, and whether its mean drifts.
///
/// The drift is (T - 1) times the mean over chains of the slope b of the line that fits a chain's
/// energies best:
///
///     b = sum over times t of (t - (T - 1) / 2) E_t / sum over t of (t - (T - 1) / 2)^2
///
/// Chains are independent, and each has one slope: the deviation of the slopes gives the standard
/// error, however long a chain remembers where it was. Where chains stay, `drift_in_errors` has
/// Student's distribution with one degree of freedom less than there are chains, if their energies
/// are normal, and nearly a normal one for many chains in any case: beyond 5 is no chance. Chains
/// that begin elsewhere drift until they have arrived; those that go on after that leave for states
/// that the model finds likely and data don't. Many chains find a drift that is too small to
/// matter: look at `drift_in_deviations`, too. A lost chain counts at the times before, and not for
/// the drift.
///
/// energies: [time][chain], at equal distances, such as `energy_trace`'s; not finite: the chain is
/// lost from then on; a mean of no chain, and a deviation or an error of fewer than two, are NaN
///
/// Throws `InvalidArgument` unless there are 2 times and 2 chains or more.
[[nodiscard]] inline EnergyStatistics energy_statistics(const ConstSamplesRef<double>& energies) {
  const Eigen::Index times = energies.rows(), chains = energies.cols();
  require(times >= 2 && chains >= 2,
          "energy_statistics: expected 2 times and 2 chains or more, got ", times, " and ", chains);
  EnergyStatistics result;
  std::vector<bool> is_lost(static_cast<std::size_t>(chains));
  std::vector<double> kept;
  double variances = 0;
  for (Eigen::Index time = 0; time < times; ++time) {
    kept.clear();
    for (Eigen::Index chain = 0; chain < chains; ++chain) {
      const double energy = energies(time, chain);
      if (!std::isfinite(energy)) is_lost[static_cast<std::size_t>(chain)] = true;
      if (!is_lost[static_cast<std::size_t>(chain)]) kept.push_back(energy);
    }
    EnergyMoments moments = detail::moments_of(kept);
    moments.lost = chains - std::ssize(kept);
    variances += moments.deviation * moments.deviation;
    result.times.push_back(moments);
  }
  result.deviation = std::sqrt(variances / static_cast<double>(times));

  kept.clear();
  const double middle = static_cast<double>(times - 1) / 2;
  for (Eigen::Index chain = 0; chain < chains; ++chain) {
    if (is_lost[static_cast<std::size_t>(chain)]) continue;
    double sum = 0, squares = 0;
    for (Eigen::Index time = 0; time < times; ++time) {
      const double distance = static_cast<double>(time) - middle;
      // Less the first energy, so that a chain that stands still has a slope of exactly 0.
      sum += distance * (energies(time, chain) - energies(0, chain));
      squares += distance * distance;
    }
    kept.push_back(sum / squares * static_cast<double>(times - 1));
  }
  const EnergyMoments drifts = detail::moments_of(kept);
  result.drift = drifts.mean;
  result.drift_error = drifts.deviation / std::sqrt(static_cast<double>(kept.size()));
  return result;
}

}  // namespace ebm::inline EBM_ABI
