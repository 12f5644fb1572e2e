// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <ebm/energy/energy.hpp>
#include <ebm/optim/average.hpp>
#include <span>

namespace ebm::inline EBM_ABI {

/// The model that a training hands out: a copy of the one that it trains, with the average of the
/// parameters, or with those of the trained model while the average is empty.
template <TrainableEnergy E, class Policy>
class AveragedModel {
  static_assert(
      std::copy_constructible<E>,
      "the average of a model's parameters needs a model of its own, but this model can't "
      "be copied: let the recipe's averaging be NoAverage");

 public:
  explicit AveragedModel(const E& trained) : model_(trained) {}

  /// After each change of the average.
  void make_old() noexcept { is_old_ = true; }

  /// Finds its parameters when it is asked for, which is less often than they change.
  template <class Average>
  const E& get(const E& trained, const Average& average) {
    if (average.is_empty()) {
      model_.change_parameters([&](auto p) { std::ranges::copy(trained.parameters(), p.begin()); });
    } else if (is_old_) {
      model_.change_parameters([&](auto p) { average.copy_to(p); });
      is_old_ = false;
    }
    return model_;
  }

 private:
  E model_;
  bool is_old_ = true;
};

/// Without an average it is the trained model itself.
template <TrainableEnergy E>
class AveragedModel<E, NoAverage> {
 public:
  explicit AveragedModel(const E&) noexcept {}

  static void make_old() noexcept {}
  template <class Average>
  static const E& get(const E& trained, const Average&) noexcept {
    return trained;
  }
};

}  // namespace ebm::inline EBM_ABI
