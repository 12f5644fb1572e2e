// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/error.hpp>
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
    const auto found = std::ranges::find(entries_, name, &Entry::first);
    if (found != entries_.end()) {
      found->second = value;
    } else {
      entries_.emplace_back(name, value);
    }
  }

  [[nodiscard]] bool contains(std::string_view name) const {
    return std::ranges::find(entries_, name, &Entry::first) != entries_.end();
  }

  /// Throws `InvalidArgument` that lists what is there if there is no such metric.
  [[nodiscard]] double at(std::string_view name) const {
    const auto found = std::ranges::find(entries_, name, &Entry::first);
    if (found == entries_.end()) {
      std::string names;
      for (const auto& entry : entries_) names += (names.empty() ? "" : ", ") + entry.first;
      throw InvalidArgument(sentence("Metrics: there is no '", name, "', but ",
                                     names.empty() ? "nothing" : names,
                                     ": is the callback that finds it out in front?"));
    }
    return found->second;
  }

  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace ebm::inline EBM_ABI
