// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/samples.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/train/callback.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// What a model thinks of data that it was not trained on, and of noise.
namespace ebm::inline EBM_ABI {

/// Samples whose features are uniform in [low, high), drawn one by one from the seed.
///
/// Source of the test: UvA deep learning course, Tutorial 8 (`OutlierCallback`).
template <class T = float>
[[nodiscard]] Samples<T> uniform_noise(Eigen::Index count, Eigen::Index features, Rng rng,
                                       double low = -1, double high = 1) {
  Samples<T> samples(count, features);
  Sequence draws(rng.stream(Purpose::validation));
  for (T& value : samples.template reshaped<Eigen::RowMajor>()) {
    value = static_cast<T>(low + (high - low) * draws.uniform());
  }
  return samples;
}

namespace detail {

/// The mean score f = -E of samples.
///
/// Throws `Diverged` that names the epoch if it is not finite.
template <class Trainer, class T>
double mean_score(Trainer& trainer, const EpochReport& report, const char* what,
                  const ConstSamplesRef<T>& samples) {
  const double score =
      scores(trainer.model(), samples, trainer.executor()).template cast<double>().mean();
  if (!std::isfinite(score)) {
    throw Diverged(sentence("the scores of ", what, " are not finite after epoch ", report.epoch,
                            ": a lower learning rate may help"));
  }
  return score;
}

}  // namespace detail

/// Callback: the contrastive divergence between held-out data and uniform noise after each epoch.
///
/// Sets the metrics `val_contrastive_divergence` (the difference of the next two, low is good),
/// `val_fake_out` (mean f of noise) and `val_real_out` (mean f of the data), under the tutorial's
/// names. The noise is the same in all epochs: what changes is the model.
template <class T = float>
class Validation {
 public:
  static constexpr std::string_view divergence = "val_contrastive_divergence";

  /// data: [sample][feature], at least one; must outlive the callback
  /// noise: [sample][feature], at least one, such as `uniform_noise`; likewise
  Validation(const Samples<T>& data, const Samples<T>& noise) : data_(&data), noise_(&noise) {
    require(data.rows() > 0 && noise.rows() > 0,
            "Validation: at least one sample of data and one of noise expected");
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {std::string(divergence), "val_fake_out", "val_real_out"}, .needs = {}};
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, EpochReport& report) const {
    const double fake = detail::mean_score<Trainer, T>(trainer, report, "noise", *noise_);
    const double real = detail::mean_score<Trainer, T>(trainer, report, "test data", *data_);
    report.metrics.set(divergence, fake - real);
    report.metrics.set("val_fake_out", fake);
    report.metrics.set("val_real_out", real);
  }

 private:
  const Samples<T>* data_;
  const Samples<T>* noise_;
};

/// Loss of `ValidationLoss`: the recipe's own.
struct LossOfRecipe {};

/// Callback: a loss of held-out data after each epoch, one that wants no chains: the recipe's own,
/// or another.
///
/// Sets the metric `val_loss`, and `val_` with the name of each part where there are several. What
/// the loss draws is the same in all epochs: what changes is the model.
template <class T = float, class LossType = LossOfRecipe>
class ValidationLoss {
 public:
  static constexpr std::string_view loss = "val_loss";

  /// data: [sample][feature], at least one; must outlive the callback
  explicit ValidationLoss(const Samples<T>& data, Rng rng = {}, LossType own = {})
      : data_(&data), rng_(rng), own_(std::move(own)) {
    require(data.rows() > 0, "ValidationLoss: at least one sample of data expected");
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer& trainer) const {
    MetricUse use{.sets = {std::string(loss)}, .needs = {}};
    const auto names = part_names<std::remove_cvref_t<decltype(loss_for(trainer))>>();
    for (std::size_t i = 0; i < names.size() && names.size() > 1; ++i) {
      use.sets.push_back("val_" + std::string(names[i]));
    }
    return use;
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, EpochReport& report) {
    const auto& judged_by = loss_for(trainer);
    using L = std::remove_cvref_t<decltype(judged_by)>;
    static_assert(!wants_chains<L>(),
                  "ValidationLoss runs no chains, but the loss wants some: give it one that wants "
                  "none, or take Validation, which compares data with noise");
    gradient_.resize(trainer.model().parameters().size());
    const LossValue value =
        loss_gradient_(trainer.model(), judged_by, *data_, Samples<T>(0, data_->cols()),
                       trainer.executor(), std::span<T>(gradient_), {rng_, 0})
            .loss;
    if (!std::isfinite(value.total)) {
      throw Diverged(sentence("the loss of held-out data is not finite after epoch ", report.epoch,
                              ": a lower learning rate may help"));
    }
    report.metrics.set(loss, value.total);
    const auto names = part_names<L>();
    for (std::size_t i = 0; i < names.size() && names.size() > 1; ++i) {
      report.metrics.set("val_" + std::string(names[i]), value.parts[i]);
    }
  }

 private:
  template <class Trainer>
  [[nodiscard]] const auto& loss_for(const Trainer& trainer) const {
    if constexpr (std::same_as<LossType, LossOfRecipe>) {
      return trainer.recipe().loss;
    } else {
      return own_;
    }
  }

  const Samples<T>* data_;
  Rng rng_;
  [[no_unique_address]] LossType own_;
  LossGradient<T> loss_gradient_;
  std::vector<T> gradient_;
};

/// Callback: how likely the model finds outliers, such as 1,024 samples of `uniform_noise`.
///
/// Sets the metric `rand_out`, their mean f, after each epoch.
template <class T = float>
class Outlier {
 public:
  /// outliers: [sample][feature], at least one
  explicit Outlier(Samples<T> outliers) : outliers_(std::move(outliers)) {
    require(outliers_.rows() > 0, "Outlier: at least one outlier expected");
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {"rand_out"}, .needs = {}};
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, EpochReport& report) const {
    report.metrics.set("rand_out",
                       detail::mean_score<Trainer, T>(trainer, report, "outliers", outliers_));
  }

 private:
  Samples<T> outliers_;
};

/// Callback: sets the metric `lr-Adam`, the learning rate of an epoch's last batch: the tutorial's
/// name, whatever the optimiser is.
struct LearningRateMonitor {
  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {"lr-Adam"}, .needs = {}};
  }

  template <class Trainer>
  void on_epoch(Trainer&, EpochReport& report) const {
    report.metrics.set("lr-Adam", report.learning_rate);
  }
};

}  // namespace ebm::inline EBM_ABI
