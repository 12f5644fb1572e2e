// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// How training that goes wrong is seen before its numbers stop being finite.
///
/// A detection has `on_batch(trainer, report)` or `on_epoch(trainer, report)`, which return a
/// sentence of what is wrong, or nothing; and `is_calm()`, whether this is a state to come back to.
/// One that reads metrics names them by `metrics()`.
/// It is `Stateful`: when training is put back, so is what it remembers.
namespace ebm::inline EBM_ABI {

/// A sentence of what is wrong, or nothing.
using Trouble = std::optional<std::string>;

namespace detail {

/// What a detection makes of a report, if it looks at reports of that kind.
template <class Detection, class Trainer>
Trouble look(Detection& detection, Trainer& trainer, const BatchReport& report) {
  if constexpr (requires { detection.on_batch(trainer, report); }) {
    return detection.on_batch(trainer, report);
  } else {
    return {};
  }
}

template <class Detection, class Trainer>
Trouble look(Detection& detection, Trainer& trainer, const EpochReport& report) {
  if constexpr (requires { detection.on_epoch(trainer, report); }) {
    return detection.on_epoch(trainer, report);
  } else {
    return {};
  }
}

/// The metrics that a detection looks at: those of its `metrics()`, if it has that.
template <class Detection>
[[nodiscard]] std::vector<std::string> metrics_of(const Detection& detection) {
  if constexpr (requires { detection.metrics(); }) {
    return detection.metrics();
  } else {
    return {};
  }
}

}  // namespace detail

/// Detection: the first trouble that any of some detections sees.
template <class... Detections>
class AnyOf {
 public:
  explicit AnyOf(Detections... detections) : detections_(std::move(detections)...) {}

  template <class Trainer>
  Trouble on_batch(Trainer& trainer, const BatchReport& report) {
    return first_trouble(trainer, report);
  }
  template <class Trainer>
  Trouble on_epoch(Trainer& trainer, const EpochReport& report) {
    return first_trouble(trainer, report);
  }

  /// The metrics that they look at.
  [[nodiscard]] std::vector<std::string> metrics() const {
    std::vector<std::string> all;
    const auto add = [&](const auto& detection) {
      for (std::string& metric : detail::metrics_of(detection)) all.push_back(std::move(metric));
    };
    std::apply([&](const auto&... d) { (add(d), ...); }, detections_);
    return all;
  }

  [[nodiscard]] bool is_calm() const {
    return std::apply([](const auto&... d) { return (d.is_calm() && ...); }, detections_);
  }

  [[nodiscard]] State state() const {
    State state;
    int number = 0;
    std::apply([&](const auto&... d) { (state.put(std::to_string(++number), d.state()), ...); },
               detections_);
    return state;
  }
  void restore(const State& state) {
    int number = 0;
    std::apply([&](auto&... d) { (d.restore(state.part(std::to_string(++number))), ...); },
               detections_);
  }

 private:
  /// All of them look, whatever the others see.
  template <class Trainer, class Report>
  Trouble first_trouble(Trainer& trainer, const Report& report) {
    Trouble found;
    const auto look_with = [&](auto& detection) {
      const Trouble trouble = detail::look(detection, trainer, report);
      if (!found) found = trouble;
    };
    std::apply([&](auto&... detection) { (look_with(detection), ...); }, detections_);
    return found;
  }

  std::tuple<Detections...> detections_;
};

}  // namespace ebm::inline EBM_ABI
