// SPDX-License-Identifier: MIT
// expect: losses that are added have more than 6 parts together
#include <ebm/loss/weighted_losses.hpp>

template <char Name>
struct OfFourParts {
  static constexpr char letters[] = {Name, '1', Name, '2', Name, '3', Name, '4'};
  static constexpr std::array<std::string_view, 4> part_names{
      std::string_view(letters, 2), std::string_view(letters + 2, 2),
      std::string_view(letters + 4, 2), std::string_view(letters + 6, 2)};
  [[nodiscard]] static ebm::LossValue term(double score, ebm::Role) { return {score, {}}; }
  [[nodiscard]] static double slope(double, ebm::Role) { return 1; }
};

const ebm::WeightedLosses loss({1.0, 2.0}, OfFourParts<'a'>{}, OfFourParts<'b'>{});
