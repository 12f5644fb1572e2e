// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/predicted_classes.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::predicted_classes;
using ebm::Samples;

}  // namespace

TEST_CASE("samples of all classes are balanced, those of one are not, of half in between") {
  const Samples<float> all = Samples<float>::Identity(8, 8);
  CHECK(predicted_classes(all).balance == Approx(1).epsilon(1e-15));
  CHECK(predicted_classes(all).confident == 1);
  CHECK(predicted_classes(all.topRows(1)).balance == 0);
  CHECK(predicted_classes(all.topRows(1)).confident == 1);
  // ln 4 / ln 8, ln 2 / ln 8
  CHECK(predicted_classes(all.topRows(4)).balance == Approx(2.0 / 3).epsilon(1e-14));
  CHECK(predicted_classes(all.topRows(2)).balance == Approx(1.0 / 3).epsilon(1e-14));
}

TEST_CASE("noise is balanced and not confident") {
  const Samples<double> noise = Samples<double>::Constant(5, 4, 0.25);
  CHECK(predicted_classes(noise).balance == Approx(1).epsilon(1e-15));
  CHECK(predicted_classes(noise).confident == 0);
}

TEST_CASE("a sample is confident from the threshold on") {
  const Samples<double> rows{{0.75, 0.25}, {0.5, 0.5}, {0.125, 0.875}, {0.0, 1.0}};
  CHECK(predicted_classes(rows, 0.75).confident == 0.75);
  CHECK(predicted_classes(rows, 0.875).confident == 0.5);
  CHECK(predicted_classes(rows).confident == 0.25);
  // The mean is (11, 21) / 32.
  const double p = 11.0 / 32;
  CHECK(predicted_classes(rows).balance ==
        Approx(-(p * std::log2(p) + (1 - p) * std::log2(1 - p))).epsilon(1e-14));
}

TEST_CASE("a single class is balanced") {
  CHECK(predicted_classes(Samples<double>::Ones(3, 1)).balance == 1);
}

TEST_CASE("what are no probabilities or thresholds is refused") {
  const auto message = [](const Samples<double>& probabilities, double threshold = 0.9) {
    return message_of<ebm::InvalidArgument>(
        [&] { (void)predicted_classes(probabilities, threshold); });
  };
  CHECK(message(Samples<double>(0, 3)) == "predicted_classes: there are no samples");
  CHECK(message(Samples<double>{{1, 0}, {0.5, std::nan("")}}) ==
        "predicted_classes: probabilities must be in [0, 1], sample 1 has nan");
  CHECK(message(Samples<double>{{0.25, 0.25}}) ==
        "predicted_classes: the probabilities of sample 0 add up to 0.5, expected 1");
  CHECK(message(Samples<double>{{1, 0}}, 0) ==
        "predicted_classes: threshold must be in (0, 1], got 0");
}
