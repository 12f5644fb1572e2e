// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/eval/precision_recall.hpp>
#include <ebm/parallel/threads.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

namespace {

using ebm::precision_recall;
using ebm::Samples;
using Eigen::Index;

/// The definition, by a sorted list of all distances.
template <class T>
double brute_force_share(const Samples<T>& samples, const Samples<T>& centres, int k) {
  const auto distance = [](const auto& a, const auto& b) {
    return (a.template cast<double>() - b.template cast<double>()).norm();
  };
  int covered = 0;
  for (Index i = 0; i < samples.rows(); ++i) {
    bool is_covered = false;
    for (Index c = 0; c < centres.rows(); ++c) {
      std::vector<double> others;
      for (Index other = 0; other < centres.rows(); ++other) {
        if (other != c) others.push_back(distance(centres.row(c), centres.row(other)));
      }
      std::sort(others.begin(), others.end());
      is_covered = is_covered || distance(samples.row(i), centres.row(c)) <=
                                     others[static_cast<std::size_t>(k - 1)];
    }
    covered += is_covered;
  }
  return covered / static_cast<double>(samples.rows());
}

/// `count` points at distances of 1 on the line from `first` on.
Samples<double> points(int count, double first) {
  Samples<double> result(count, 1);
  for (int i = 0; i < count; ++i) result(i, 0) = first + i;
  return result;
}

}  // namespace

TEST_CASE("equal sets have precision and recall 1, sets far apart 0") {
  const auto real = random_samples<float>(50, 4, 1);
  const Samples<float> far = real.array() + 10;
  const auto same = precision_recall(real, real), none = precision_recall(real, far);
  CHECK(same.precision == 1);
  CHECK(same.recall == 1);
  CHECK(none.precision == 0);
  CHECK(none.recall == 0);
}

TEST_CASE("a model without half of the modes keeps its precision and loses half of the recall") {
  Samples<double> real(80, 1);
  real << points(40, 0), points(40, 1000);
  const auto lost = precision_recall(real, points(40, 0));
  CHECK(lost.precision == 1);
  CHECK(lost.recall == 0.5);
  const auto invented = precision_recall(points(40, 0), real);
  CHECK(invented.precision == 0.5);
  CHECK(invented.recall == 1);
}

TEST_CASE("a ball reaches to the k-th nearest other sample, its surface included") {
  // The ball of point 0 of 0, 1, ..., 9 reaches -k, that of an inner point less far.
  const auto real = points(10, 0);
  for (const int k : {1, 2, 3}) {
    CAPTURE(k);
    Samples<double> generated = points(10, 100);
    generated(0, 0) = -k;
    generated(1, 0) = std::nextafter(-k, -100.0);
    CHECK(precision_recall(real, generated, k).precision == 0.1);
  }
  CHECK(precision_recall(real, points(10, -3)).precision == 1);  // 3 neighbours are the default
}

TEST_CASE("a sample that is there twice is its own copy's neighbour, not its own") {
  const Samples<double> real{{0}, {0}, {5}};
  const Samples<double> generated{{0}, {1}, {4}};
  // Radii with k = 1: 0, 0 and 5, so that the ball of 5 holds all.
  CHECK(precision_recall(real, generated, 1).precision == 1);
  // Radii of the generated: 1, 1 and 3.
  CHECK(precision_recall(real, generated, 1).recall == 1);
  const Samples<double> twice{{0}, {0}, {9}, {9}}, between{{0}, {1}, {8}, {9}};
  CHECK(precision_recall(twice, between, 1).precision == 0.5);
}

TEMPLATE_TEST_CASE("shares are those of looking at all pairs", "", float, double) {
  // Sizes that fill no block, one block, and several with a rest.
  for (const auto& [n, m] : {std::pair{5, 40}, {16, 16}, {37, 61}}) {
    const auto real = random_samples<TestType>(n, 3, 2);
    const Samples<TestType> generated =
        random_samples<TestType>(m, 3, 3).array() * TestType(0.7) + TestType(0.4);
    for (const int k : {1, 3, 4}) {
      CAPTURE(n, m, k);
      const auto result = precision_recall(real, generated, k);
      CHECK(result.precision == brute_force_share(generated, real, k));
      CHECK(result.recall == brute_force_share(real, generated, k));
      CHECK(result.precision > 0);
      CHECK(result.recall < 1);
    }
  }
}

TEST_CASE("threads and strides leave precision and recall as they are") {
  const auto real = random_samples<float>(100, 5, 4), generated = random_samples<float>(90, 5, 5);
  ebm::Threads threads(3);
  const auto alone = precision_recall(real.leftCols(2), generated.leftCols(2));
  const auto together = precision_recall(Samples<float>(real.leftCols(2)),
                                         Samples<float>(generated.leftCols(2)), 3, threads);
  CHECK(alone.precision == together.precision);
  CHECK(alone.recall == together.recall);
}

TEST_CASE("sets that can't be compared are refused") {
  const auto message = [](const Samples<double>& real, const Samples<double>& generated,
                          int k = 3) {
    return message_of<ebm::InvalidArgument>([&] { (void)precision_recall(real, generated, k); });
  };
  const auto good = random_samples<double>(5, 2, 6);
  auto bad = good;
  bad(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(message(good, good.leftCols(1)) ==
        "precision_recall: got 2 features of real and 1 of generated samples, expected as many, 1 "
        "or more");
  CHECK(message(good, good.topRows(3)) ==
        "precision_recall: k must be in [1, 2], less than either set has samples, got 3");
  CHECK(message(good, good, 0) ==
        "precision_recall: k must be in [1, 4], less than either set has samples, got 0");
  CHECK(message(bad, good) == "precision_recall, real: sample 3 holds a value that is not finite");
  CHECK(message(good, bad) ==
        "precision_recall, generated: sample 3 holds a value that is not finite");
}
