// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/samples.hpp>
#include <ebm/core/state.hpp>
#include <ebm/train/report.hpp>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

/// How training that goes wrong is seen before its numbers stop being finite.
///
/// A detection has `on_batch(trainer, report)` or `on_epoch(trainer, report)`, which return a
/// sentence of what is wrong, or nothing; `is_calm()`, whether this is a state to come back to; and
/// `start_over()`, called when training was put back. It is `Stateful`.
namespace ebm {

using Trouble = std::optional<std::string>;

/// When chains are stuck.
struct StuckChainsOptions {
  double gap = 1;     ///< of the mean scores, in units of energy, > 0
  int batches = 100;  ///< that the running mean of the gap looks back on, >= 1
};

/// Detection: the model scores its own chains far below the data for many steps.
///
/// The sampler no longer finds what the model finds likely, so each step only lifts the data.
class StuckChains {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit StuckChains(const StuckChainsOptions& options = {}) : options_(options) {
    require(options.gap > 0, "StuckChains: gap must be > 0, got ", options.gap);
    require(options.batches >= 1, "StuckChains: batches must be >= 1, got ", options.batches);
  }

  template <class Trainer>
  Trouble on_batch(Trainer&, const BatchReport& report) {
    const double lead = report.result.data_score - report.result.model_score;
    mean_ += (lead - mean_) / options_.batches;
    if (++seen_ < options_.batches || mean_ <= options_.gap) return {};
    return sentence("the chains' scores are ", mean_, " below the data's over the last ",
                    options_.batches, " batches");
  }
  [[nodiscard]] bool is_calm() const { return mean_ <= options_.gap / 2; }
  void start_over() {
    mean_ = 0;
    seen_ = 0;
  }

  [[nodiscard]] State state() const {
    State state;
    state.put("mean", mean_);
    state.put("seen", std::int64_t{seen_});
    return state;
  }
  void restore(const State& state) {
    mean_ = state.get<double>("mean");
    seen_ = static_cast<int>(state.get<std::int64_t>("seen"));
  }

 private:
  StuckChainsOptions options_;
  double mean_ = 0;
  int seen_ = 0;
};

/// When divergence has risen.
struct RisingDivergenceOptions {
  std::string monitor = "val_contrastive_divergence";
  double tolerance = 0.25;  ///< rise that counts, as a share of the best value's size, > 0
  double least = 0.5;       ///< rise that counts at least, in units of energy, >= 0
  int patience = 2;         ///< epochs in a row before it is trouble, >= 1
};

/// Detection: the validation's contrastive divergence has risen far above its best.
class RisingDivergence {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit RisingDivergence(RisingDivergenceOptions options = {}) : options_(std::move(options)) {
    const auto& o = options_;
    require(o.tolerance > 0, "RisingDivergence: tolerance must be > 0, got ", o.tolerance);
    require(o.least >= 0, "RisingDivergence: least must be >= 0, got ", o.least);
    require(o.patience >= 1, "RisingDivergence: patience must be >= 1, got ", o.patience);
  }

  template <class Trainer>
  Trouble on_epoch(Trainer&, const EpochReport& report) {
    const double value = report.metrics.at(options_.monitor);
    const double limit = best_ + std::max(options_.least, options_.tolerance * std::abs(best_));
    if (value < best_) best_ = value;
    bad_epochs_ = value > limit ? bad_epochs_ + 1 : 0;
    if (bad_epochs_ < options_.patience) return {};
    return sentence(options_.monitor, " is ", value, " and was ", best_, " at best, ", bad_epochs_,
                    " epochs in a row");
  }
  [[nodiscard]] bool is_calm() const { return bad_epochs_ == 0; }
  void start_over() { bad_epochs_ = 0; }

  [[nodiscard]] State state() const {
    State state;
    state.put("best", best_);
    state.put("bad_epochs", std::int64_t{bad_epochs_});
    return state;
  }
  void restore(const State& state) {
    best_ = state.get<double>("best");
    bad_epochs_ = static_cast<int>(state.get<std::int64_t>("bad_epochs"));
  }

 private:
  RisingDivergenceOptions options_;
  double best_ = std::numeric_limits<double>::max();
  int bad_epochs_ = 0;
};

/// The share of features within `margin` of the domain's ends [low, high].
template <class T>
[[nodiscard]] double share_at_edge(const ConstSamplesRef<T>& samples, double low = -1,
                                   double high = 1, double margin = 0.02) {
  const auto from = static_cast<T>(low + margin), to = static_cast<T>(high - margin);
  const Eigen::Index inside = (samples.array() > from && samples.array() < to).count();
  return 1 - static_cast<double>(inside) / static_cast<double>(samples.size());
}

/// When chains are saturated.
struct SaturatedChainsOptions {
  double data_share = 0;  ///< `share_at_edge` of the data, in [0, 1]
  double low = -1, high = 1;
  double inside = 0.25;  ///< least share of features inside, as a part of the data's, in (0, 1)
  int every = 50;        ///< batches from one look to the next, >= 1
  int looks = 3;         ///< in a row before it is trouble, >= 1
  int samples = 128;     ///< newest ones of the buffer that are looked at, >= 1
};

/// Detection: the chains lie at the domain's ends, more than the data ever do.
///
/// Steps that are too long throw every feature from one end to the other; no gradient is left.
class SaturatedChains {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit SaturatedChains(const SaturatedChainsOptions& options) : options_(options) {
    const auto& o = options;
    require(o.data_share >= 0 && o.data_share <= 1,
            "SaturatedChains: data_share must be in [0, 1], got ", o.data_share);
    require(o.inside > 0 && o.inside < 1, "SaturatedChains: inside must be in (0, 1), got ",
            o.inside);
    require(o.every >= 1 && o.looks >= 1 && o.samples >= 1,
            "SaturatedChains: every, looks and samples must be >= 1, got ", o.every, ", ", o.looks,
            " and ", o.samples);
  }

  template <class Trainer>
  Trouble on_batch(Trainer& trainer, const BatchReport& report) {
    using T = typename Trainer::value_type;
    if (report.iteration % options_.every != 0) return {};
    const auto& buffer = trainer.buffer();
    Samples<T> newest(std::min<Eigen::Index>(options_.samples, buffer.size()), buffer.features());
    for (Eigen::Index i = 0; i < newest.rows(); ++i) newest.row(i) = buffer[i];
    const double share = share_at_edge<T>(newest, options_.low, options_.high);
    const bool is_bad = 1 - share < options_.inside * (1 - options_.data_share);
    bad_looks_ = is_bad ? bad_looks_ + 1 : 0;
    if (bad_looks_ < options_.looks) return {};
    return sentence(100 * share, " % of the chains' features lie at the ends of the domain, and ",
                    100 * options_.data_share, " % of the data's");
  }
  [[nodiscard]] bool is_calm() const { return bad_looks_ == 0; }
  void start_over() { bad_looks_ = 0; }

  [[nodiscard]] State state() const {
    State state;
    state.put("bad_looks", std::int64_t{bad_looks_});
    return state;
  }
  void restore(const State& state) {
    bad_looks_ = static_cast<int>(state.get<std::int64_t>("bad_looks"));
  }

 private:
  SaturatedChainsOptions options_;
  int bad_looks_ = 0;
};

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

  [[nodiscard]] bool is_calm() const {
    return std::apply([](const auto&... d) { return (d.is_calm() && ...); }, detections_);
  }
  void start_over() {
    std::apply([](auto&... d) { (d.start_over(), ...); }, detections_);
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

}  // namespace ebm
