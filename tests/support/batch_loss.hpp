// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <vector>

/// The contrastive divergence of an energy between data and samples, [sample][feature], whenever it
/// is asked for.
template <class E>
class BatchLoss {
 public:
  BatchLoss(const E& energy, ebm::Samples<double> data, ebm::Samples<double> samples)
      : energy_(&energy), data_(std::move(data)), samples_(std::move(samples)) {}

  /// The gradient by all parameters.
  [[nodiscard]] std::vector<double> gradient() {
    std::vector<double> gradient(energy_->parameters().size());
    static_cast<void>(compute(gradient));
    return gradient;
  }
  [[nodiscard]] double value() {
    std::vector<double> unused(energy_->parameters().size());
    return compute(unused);
  }

 private:
  double compute(std::vector<double>& gradient) {
    ebm::Serial executor;
    return loss_gradient_(*energy_, ebm::ContrastiveDivergence({.alpha = 0.3}), data_, samples_,
                          executor, std::span<double>(gradient))
        .loss.total;
  }

  const E* energy_;
  ebm::Samples<double> data_, samples_;
  ebm::LossGradient<double> loss_gradient_;
};
