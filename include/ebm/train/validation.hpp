// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/samples.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/train/report.hpp>
#include <string_view>

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
  void on_epoch(Trainer& trainer, EpochReport& report) const {
    report.metrics.set("rand_out",
                       detail::mean_score<Trainer, T>(trainer, report, "outliers", outliers_));
  }

 private:
  Samples<T> outliers_;
};

/// Callback: sets the metric `lr-Adam`, the learning rate of an epoch's last batch.
struct LearningRateMonitor {
  template <class Trainer>
  void on_epoch(Trainer&, EpochReport& report) const {
    report.metrics.set("lr-Adam", report.learning_rate);
  }
};

}  // namespace ebm::inline EBM_ABI
