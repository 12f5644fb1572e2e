// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/loss/loss.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `Hinge`.
struct HingeOptions {
  double margin = 1;  ///< m > 0
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Hinge: mean max(0, m - f(data)) + mean max(0, m + f(model)).
///
/// A sample beyond its margin has no gradient any more, so scores need no regulariser: data are
/// pushed up to f = m, the model's samples down to f = -m, and no further.
/// Source: LeCun, Chopra, Hadsell, Ranzato, Huang, "A Tutorial on Energy-Based Learning", 2006,
/// section 2.2 (margin losses); Lim & Ye, "Geometric GAN", 2017 (this form).
class Hinge {
 public:
  static constexpr std::array<std::string_view, 2> part_names{"hinge_data", "hinge_model"};

  /// Throws `InvalidArgument` unless the margin is > 0 and finite.
  explicit Hinge(const HingeOptions& options = {}) : options_(options) {
    require(options.margin > 0 && std::isfinite(options.margin),
            "Hinge: margin must be > 0 and finite, got ", options.margin);
  }

  [[nodiscard]] LossValue term(double score, Role role) const {
    const double value = std::fmax(0, beyond(score, role));
    return {value, {role == Role::data ? value : 0, role == Role::model ? value : 0}};
  }
  [[nodiscard]] double slope(double score, Role role) const {
    if (beyond(score, role) <= 0) return 0;
    return role == Role::data ? -1 : 1;
  }

 private:
  /// How far a score is on the wrong side of its margin.
  [[nodiscard]] double beyond(double score, Role role) const {
    return options_.margin + (role == Role::data ? -score : score);
  }

  HingeOptions options_;
};

static_assert(Loss<Hinge>);

}  // namespace ebm::inline EBM_ABI
