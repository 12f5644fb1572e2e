// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/aupr.hpp>
#include <ebm/random/stream.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::aupr;
using Scores = std::vector<double>;

constexpr auto find_in = ebm::Positives::in_distribution;
constexpr auto find_out = ebm::Positives::out_of_distribution;

/// The sum over all thresholds, each counted anew.
double brute_force(const Scores& positives, const Scores& negatives, int sign) {
  const auto count = [&](const Scores& scores, double threshold) {
    double found = 0;
    for (const double score : scores) found += sign * score >= threshold;
    return found;
  };
  double area = 0;
  for (const double score : positives) {  // each positive is its share of the recall
    const double found = count(positives, sign * score), wrong = count(negatives, sign * score);
    area += found / (found + wrong) / static_cast<double>(positives.size());
  }
  return area;
}

}  // namespace

TEST_CASE("groups that are apart have an area of 1, whichever is to be found") {
  CHECK(aupr(Scores{3, 4}, Scores{1, 2}, find_in) == 1);
  CHECK(aupr(Scores{3, 4}, Scores{1, 2}, find_out) == 1);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(aupr(Scores{infinity, 0}, Scores{-infinity}, find_in) == 1);
  CHECK(aupr(Scores{infinity, 0}, Scores{-infinity}, find_out) == 1);
}

TEST_CASE("scores that are all alike have the share of positives") {
  CHECK(aupr(Scores{1}, Scores{1, 1, 1}, find_in) == 0.25);
  CHECK(aupr(Scores{1}, Scores{1, 1, 1}, find_out) == 0.75);
}

TEST_CASE("groups in the wrong order have the least area there is") {
  CHECK(aupr(Scores{1, 2}, Scores{3, 4}, find_in) == Approx((1.0 / 3 + 2.0 / 4) / 2));
  CHECK(aupr(Scores{1, 2}, Scores{3, 4}, find_out) == Approx((1.0 / 3 + 2.0 / 4) / 2));
}

TEST_CASE("areas are scikit-learn's") {
  // average_precision_score(labels, scores) of scikit-learn 1.9; to find those out of distribution
  // with exchanged labels and scores times -1.
  const Scores in{3, 2, 2, 1, 5, 0}, out{2, 1, -1, 0, 0, 4, 1, -2};
  CHECK(aupr(in, out, find_in) == Approx(0.6759259259259259).epsilon(1e-15));
  CHECK(aupr(in, out, find_out) == Approx(0.7939685314685314).epsilon(1e-15));
  const std::vector<float> some{0.9f, 0.8f, 0.35f, 0.6f}, others{0.1f, 0.4f, 0.7f};
  CHECK(aupr(some, others, find_in) == Approx(0.8541666666666666).epsilon(1e-15));
  CHECK(aupr(some, others, find_out) == Approx(0.7555555555555555).epsilon(1e-15));
}

TEST_CASE("the area is that of counting at every threshold, with and without ties") {
  ebm::Sequence draws(ebm::Rng{1}.stream(ebm::Purpose::user));
  for (const std::uint32_t levels : {2u, 10u, 1000000u}) {
    for (const auto& [m, n] : {std::pair{1, 50}, {50, 1}, {37, 61}}) {
      CAPTURE(levels, m, n);
      Scores in(static_cast<std::size_t>(m)), out(static_cast<std::size_t>(n));
      for (double& score : in) score = draws.below(levels);
      for (double& score : out) score = draws.below(levels);
      CHECK(aupr(in, out, find_in) == Approx(brute_force(in, out, 1)).epsilon(1e-13));
      CHECK(aupr(in, out, find_out) == Approx(brute_force(out, in, -1)).epsilon(1e-13));
    }
  }
}

TEST_CASE("scores that find nothing are refused with their group") {
  const auto message = [](const Scores& in, const Scores& out) {
    return message_of<ebm::InvalidArgument>([&] { (void)aupr(in, out, find_out); });
  };
  CHECK(message({}, {1}) == "aupr: the in-distribution group has no scores");
  CHECK(message({1}, {}) == "aupr: the out-of-distribution group has no scores");
  CHECK(message({std::nan("")}, {1}) == "aupr: score 0 of the in-distribution group is NaN");
}
