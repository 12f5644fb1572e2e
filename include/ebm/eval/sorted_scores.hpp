// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/core/error.hpp>
#include <span>
#include <vector>

namespace ebm::inline EBM_ABI::detail {

/// The group as sorted doubles; throws `InvalidArgument` if it is empty or holds NaN.
template <class T>
std::vector<double> sorted_scores(const char* function, const char* group,
                                  std::span<const T> scores) {
  require(!scores.empty(), function, ": the ", group, " group has no scores");
  for (std::size_t i = 0; i < scores.size(); ++i) {
    require(!std::isnan(scores[i]), function, ": score ", i, " of the ", group, " group is NaN");
  }
  std::vector<double> sorted(scores.begin(), scores.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace ebm::inline EBM_ABI::detail
