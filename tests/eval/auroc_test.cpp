// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/auroc.hpp>
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::auroc;
using ebm::Auroc;
using Scores = std::vector<double>;

/// Pairs in the right order, ties counted half, over all pairs: one by one.
double brute_force(const Scores& in, const Scores& out) {
  double count = 0;
  for (const double a : in) {
    for (const double b : out) count += a > b ? 1 : a == b ? 0.5 : 0;
  }
  return count / static_cast<double>(in.size() * out.size());
}

/// `count` normal scores around `mean`.
Scores normal_scores(int count, double mean, double deviation, std::uint64_t id) {
  const ebm::ChainDraws<double, 16> draws(ebm::Rng{7}.stream(ebm::Purpose::user), 16 * id);
  Scores scores;
  for (std::uint32_t i = 0; std::ssize(scores) < count; ++i) {
    const auto z = draws.normal(0, i / 4)[i % 4];
    for (int lane = 0; lane < 16 && std::ssize(scores) < count; ++lane) {
      scores.push_back(mean + deviation * z.lane(lane));
    }
  }
  return scores;
}

double normal_distribution(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

}  // namespace

TEST_CASE("the area is the share of pairs in the right order, ties half") {
  CHECK(auroc(Scores{2, 4}, Scores{1, 3}).value == 0.75);
  CHECK(auroc(Scores{1, 2}, Scores{3, 4}).value == 0);
  CHECK(auroc(Scores{3, 4}, Scores{1, 2}).value == 1);
  CHECK(auroc(Scores{1}, Scores{1}).value == 0.5);
  CHECK(auroc(Scores{1, 2, 2}, Scores{2, 3}).value == 2 * 0.5 / 6);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(auroc(Scores{infinity, 1}, Scores{infinity, -infinity}).value == 0.625);
}

TEST_CASE("float scores are those that the same doubles give") {
  const std::vector<float> in{0.1f, 0.2f, 0.7f}, out{0.2f, 0.3f};
  const Auroc a = auroc(in, out),
              b = auroc(Scores(in.begin(), in.end()), Scores(out.begin(), out.end()));
  CHECK(a.value == b.value);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
}

TEST_CASE("the area is that of counting all pairs, with and without ties") {
  ebm::Sequence draws(ebm::Rng{1}.stream(ebm::Purpose::user));
  for (const std::uint32_t levels : {2u, 10u, 1000000u}) {
    for (const auto& [m, n] : {std::pair{1, 50}, {50, 1}, {37, 61}}) {
      Scores in(static_cast<std::size_t>(m)), out(static_cast<std::size_t>(n));
      for (double& score : in) score = draws.below(levels) + 0.1 * levels;
      for (double& score : out) score = draws.below(levels);
      for (double& score : in) score = std::floor(score);
      CHECK(auroc(in, out).value == Approx(brute_force(in, out)).epsilon(1e-14));
    }
  }
}

TEST_CASE("an exchange of the groups mirrors area and interval") {
  const auto in = normal_scores(40, 1, 1, 1), out = normal_scores(70, 0, 2, 2);
  const Auroc a = auroc(in, out), b = auroc(out, in);
  CHECK(a.value == Approx(1 - b.value));
  CHECK(a.low == Approx(1 - b.high));
  CHECK(a.high == Approx(1 - b.low));
}

TEST_CASE("far from its ends the interval is DeLong's, where that is the wider one") {
  // All negatives are alike: the area is a proportion of m independent trials, and the interval
  // Wilson's for 60 of 100.
  Scores in(100, 0.0);
  for (std::size_t i = 0; i < 60; ++i) in[i] = 2;
  const Auroc area = auroc(in, Scores(100, 1.0));
  CHECK(area.value == 0.6);
  CHECK(area.low == Approx(0.5020).margin(5e-4));
  CHECK(area.high == Approx(0.6906).margin(5e-4));
}

TEST_CASE("95 of 100 intervals hold the true area") {
  // Binormal scores with deviations 1 and s have the area Phi(d / sqrt(1 + s^2)). The number of
  // intervals that hold it is binomial; each bound has a false-alarm rate of 10^-6.
  constexpr int rounds = 2000;
  struct Model {
    int m, n;
    double d, s;
  };
  for (const Model& model : {Model{50, 50, 1, 1}, Model{100, 30, 2, 1}, Model{30, 200, 0, 3},
                             Model{40, 40, 3, 1}, Model{200, 200, 4, 2}, Model{20, 100, 3, 0.2}}) {
    CAPTURE(model.m, model.n, model.d, model.s);
    const double area = normal_distribution(model.d / std::sqrt(1 + model.s * model.s));
    int held = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      const auto in = normal_scores(model.m, model.d, 1, 2 * round);
      const auto out = normal_scores(model.n, 0, model.s, 2 * round + 1);
      const Auroc estimate = auroc(in, out);
      held += estimate.low <= area && area <= estimate.high;
    }
    const double coverage = held / double{rounds};
    CAPTURE(area, coverage);
    CHECK(coverage > 0.95 - 0.015 - 4.9 * std::sqrt(0.95 * 0.05 / rounds));
    CHECK(coverage < 0.999);
  }
}

TEST_CASE("groups that are fully apart have an interval that shrinks with their size") {
  double last = 0;
  for (const int n : {1, 10, 100, 10000}) {
    CAPTURE(n);
    const auto size = static_cast<std::size_t>(n);
    const Auroc area = auroc(Scores(size, 1.0), Scores(size, 0.0));
    CHECK(area.value == 1);
    CHECK(area.high == 1);
    CHECK(area.low > last);
    last = area.low;
  }
  CHECK(last > 0.9997);
  CHECK(last < 0.9999);
}

TEST_CASE("an interval is within 0 and 1 and holds the area, however it is asked for") {
  for (const double shift : {-9.0, -3.0, -1.0, 0.0, 1.0, 3.0, 9.0}) {
    for (const double confidence : {0.01, 0.5, 0.95, 0.999999}) {
      const Auroc a = auroc(normal_scores(5, shift, 1, 1), normal_scores(3, 0, 1, 2), confidence);
      CHECK(0 <= a.low);
      CHECK(a.low <= a.value);
      CHECK(a.value <= a.high);
      CHECK(a.high <= 1);
    }
  }
  const auto in = normal_scores(50, 1, 1, 1), out = normal_scores(50, 0, 1, 2);
  CHECK(auroc(in, out, 0.99).low < auroc(in, out, 0.9).low);
  CHECK(auroc(in, out, 0.99).high > auroc(in, out, 0.9).high);
}

TEST_CASE("scores that can't be ranked are refused with their group") {
  const auto message = [](const Scores& in, const Scores& out, double confidence = 0.95) {
    return message_of<ebm::InvalidArgument>([&] { (void)auroc(in, out, confidence); });
  };
  CHECK(message({}, {1}) == "auroc: the in-distribution group has no scores");
  CHECK(message({1}, {}) == "auroc: the out-of-distribution group has no scores");
  CHECK(message({1, 2}, {1, std::nan("")}) ==
        "auroc: score 1 of the out-of-distribution group is NaN");
  CHECK(message({1}, {1}, 1) == "auroc: confidence must be in (0, 1), got 1");
  CHECK(message({1}, {1}, std::nan("")) == "auroc: confidence must be in (0, 1), got nan");
}
