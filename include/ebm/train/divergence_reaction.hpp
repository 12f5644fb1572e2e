// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/error.hpp>
#include <string>

/// What is changed when training was put back: the n-th time `apply(trainer, n)`, which returns a
/// sentence of what it did. Applying the same n again changes nothing.
namespace ebm::inline EBM_ABI {

/// Reaction: the learning rate is factor^n of what it was.
struct LowerLearningRate {
  double factor = 0.3;  ///< in (0, 1)

  template <class Trainer>
  std::string apply(Trainer& trainer, int times) const {
    double product = 1;
    for (int i = 0; i < times; ++i) product *= factor;
    trainer.set_learning_rate_factor(product);
    return sentence("the learning rate is multiplied with ", product, " from here");
  }
};

/// How steps grow.
struct MoreStepsOptions {
  int factor = 2;   ///< >= 2
  int most = 1000;  ///< steps, >= 1
};

/// Reaction: chains have factor^n as many steps as the recipe says, at most `most`, and never
/// fewer.
class MoreSteps {
 public:
  explicit MoreSteps(const MoreStepsOptions& options = {}) : options_(options) {
    require(options.factor >= 2 && options.most >= 1,
            "MoreSteps: factor must be >= 2 and most >= 1, got ", options.factor, " and ",
            options.most);
  }

  template <class Trainer>
  std::string apply(Trainer& trainer, int times) const {
    int steps = trainer.recipe().steps;
    const int most = std::max(options_.most, steps);
    for (int i = 0; i < times && steps < most; ++i) {
      steps = steps > most / options_.factor ? most : steps * options_.factor;
    }
    trainer.set_steps(steps);
    return sentence("chains have ", steps, " steps from here");
  }

 private:
  MoreStepsOptions options_;
};

}  // namespace ebm::inline EBM_ABI
