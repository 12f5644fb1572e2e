// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/calibration_error.hpp>
#include <ebm/random/stream.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::calibration_error;
using ebm::Samples;
using Confidences = std::vector<double>;
using Answers = std::vector<bool>;
using Labels = std::vector<int>;

}  // namespace

TEST_CASE("confidences that are right as often as they say have no error") {
  CHECK(calibration_error(Confidences{1, 1, 0}, Answers{true, true, false}) == 0);
  CHECK(calibration_error(Confidences(4, 0.75), Answers{true, false, true, true}) == 0);
  CHECK(calibration_error(Confidences{1, 1}, Answers{false, false}) == 1);
}

TEST_CASE("the error is the sum over bins that end at their upper edge") {
  // With 2 bins, (0, 1/2] and (1/2, 1]: 3/4 |1/3 - 1/4| + 1/4 |1 - 0.6|
  CHECK(calibration_error(Confidences{0, 0.25, 0.5, 0.6}, Answers{false, false, true, true}, 2) ==
        Approx(0.75 * std::abs(1.0 / 3 - 0.25) + 0.25 * 0.4).epsilon(1e-15));
  // In one bin what is too much makes up for what is too little, in two it doesn't.
  CHECK(calibration_error(Confidences{0.25, 0.75}, Answers{true, false}, 1) == 0);
  CHECK(calibration_error(Confidences{0.25, 0.75}, Answers{true, false}, 2) == 0.75);
}

TEST_CASE("the error is numpy's with 15 bins and with 4") {
  // For edges e = linspace(0, 1, M + 1) and each bin k = (c > e[m]) & (c <= e[m + 1]), c = 0 in the
  // first: the sum of k.mean() * abs(a[k].mean() - c[k].mean())
  const Confidences c{0.05, 0.35, 0.95, 0.96, 0.99, 0.55, 0.61, 0.72, 0.8, 1.0, 0.33, 0.0};
  const Answers a{false, true, true, false, true, true, false, true, true, true, false, true};
  CHECK(calibration_error(c, a) == Approx(0.36416666666666664).epsilon(1e-14));
  CHECK(calibration_error(c, a, 4) == Approx(0.17416666666666666).epsilon(1e-14));
}

TEST_CASE("answers drawn by their confidence have a small error, more certain ones a large one") {
  // Of calibrated answers the error is the mean of 10 half-normal terms: 0.0031, of deviation below
  // 0.001. The other error has a deviation of sqrt(1/6 / 100,000) = 0.0013. The bounds are more
  // than 5 of them away: a false alarm comes less than once in 10^6.
  ebm::Sequence draws(ebm::Rng{3}.stream(ebm::Purpose::user));
  Confidences confidences, certain;
  Answers answers;
  for (int i = 0; i < 100000; ++i) {
    confidences.push_back(draws.uniform());
    certain.push_back(std::sqrt(confidences.back()));  // too high by 1/6 in the mean
    answers.push_back(draws.uniform() < confidences.back());
  }
  CHECK(calibration_error(confidences, answers, 10) < 0.009);
  CHECK(calibration_error(certain, answers, 10) == Approx(1.0 / 6).margin(0.009));
}

TEST_CASE("of class probabilities the largest is the confidence, its class the answer") {
  const Samples<float> probabilities{{0.5f, 0.25f, 0.25f}, {0.25f, 0.75f, 0}, {0, 0, 1}};
  CHECK(calibration_error(probabilities, Labels{0, 0, 2}) ==
        calibration_error(Confidences{0.5, 0.75, 1}, Answers{true, false, true}));
  const Eigen::Matrix<double, 1, 2> even{{0.5, 0.5}};
  CHECK(calibration_error(even, Labels{0}) == 0.5);
  CHECK(calibration_error(even, Labels{1}) == 0.5);
}

TEST_CASE("what are no confidences, probabilities or labels is refused") {
  const auto message = [](const auto& confidences, const auto& answers, int bins = 15) {
    return message_of<ebm::InvalidArgument>(
        [&] { (void)calibration_error(confidences, answers, bins); });
  };
  CHECK(message(Confidences{}, Answers{}) ==
        "calibration_error: got 0 confidences and 0 answers, expected as many, 1 or more");
  CHECK(message(Confidences{0.5}, Answers{true, true}) ==
        "calibration_error: got 1 confidences and 2 answers, expected as many, 1 or more");
  CHECK(message(Confidences{0.5, 1.5}, Answers{true, true}) ==
        "calibration_error: confidences must be in [0, 1], sample 1 has 1.5");
  CHECK(message(Confidences{std::nan("")}, Answers{true}) ==
        "calibration_error: confidences must be in [0, 1], sample 0 has nan");
  CHECK(message(Confidences{0.5}, Answers{true}, 0) ==
        "calibration_error: bins must be >= 1, got 0");
  const Samples<double> good{{0.5, 0.5}}, logits{{0.5, 1.5}}, counts{{0.5, 0.75}};
  CHECK(message(good, Labels{0, 1}) ==
        "calibration_error: got 1 samples and 2 labels, expected as many");
  CHECK(message(good, Labels{2}) == "calibration_error: labels must be in [0, 1], sample 0 has 2");
  CHECK(message(good, Labels{-1}) ==
        "calibration_error: labels must be in [0, 1], sample 0 has -1");
  CHECK(message(logits, Labels{0}) ==
        "calibration_error: probabilities must be in [0, 1], sample 0 has 1.5");
  CHECK(message(counts, Labels{0}) ==
        "calibration_error: the probabilities of sample 0 add up to 1.25, expected 1");
  CHECK(message(Samples<double>(0, 2), Labels{}) == "calibration_error: there are no samples");
}
