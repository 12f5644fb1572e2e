// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/error.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebm::inline EBM_ABI {

/// What is known of an epoch by name, in the order in which it was found out.
class Metrics {
 public:
  using Entry = std::pair<std::string, double>;

  /// Sets a metric, anew or again.
  void set(std::string_view name, double value) {
    const std::size_t place = place_of(name);
    if (place < entries_.size()) {
      entries_[place].second = value;
    } else {
      entries_.emplace_back(name, value);
    }
  }

  [[nodiscard]] bool contains(std::string_view name) const {
    return place_of(name) < entries_.size();
  }

  /// Throws `InvalidArgument` that lists what is there if there is no such metric.
  [[nodiscard]] double at(std::string_view name) const {
    const std::size_t place = place_of(name);
    if (place < entries_.size()) return entries_[place].second;
    std::string names;
    for (const Entry& entry : entries_) names += (names.empty() ? "" : ", ") + entry.first;
    throw InvalidArgument(sentence("Metrics: there is no '", name, "', but ",
                                   names.empty() ? "nothing" : names,
                                   ": is the callback that finds it out in front?"));
  }

  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }

 private:
  /// Their number if there is none of that name.
  [[nodiscard]] std::size_t place_of(std::string_view name) const {
    std::size_t place = 0;
    while (place < entries_.size() && entries_[place].first != name) ++place;
    return place;
  }

  std::vector<Entry> entries_;
};

/// Which values of a metric are the better ones.
enum class Better { lower, higher };

/// A metric that is watched: `"val_loss"`, or `{"accuracy", Better::higher}`.
struct Monitor {
  std::string metric;
  Better better;

  Monitor(std::string name, Better which = Better::lower)
      : metric(std::move(name)), better(which) {}
  Monitor(const char* name, Better which = Better::lower) : Monitor(std::string(name), which) {}

  /// Whether `value` is better than `other` by more than `by`; never for NaN.
  [[nodiscard]] bool is_better(double value, double other, double by = 0) const noexcept {
    return better == Better::lower ? value < other - by : value > other + by;
  }
  /// What every value is better than.
  [[nodiscard]] double worst() const noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return better == Better::lower ? infinity : -infinity;
  }
};

}  // namespace ebm::inline EBM_ABI
