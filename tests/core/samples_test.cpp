// SPDX-License-Identifier: MIT
#include <ebm/core/finite.hpp>
#include <ebm/core/samples.hpp>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ebm;

TEST_CASE("the features of a sample are its row, in matrices, and in views with a stride") {
  Samples<float> all(3, 4);
  for (int i = 0; i < 12; ++i) all.data()[i] = static_cast<float>(i);
  SamplesRef<float> view = all.block(1, 1, 2, 2);
  const ConstSamplesRef<float> constant = view;
  const std::vector<float> expected{9, 10};
  const auto is_expected = [&](const auto& features) {
    return std::vector<float>(features.begin(), features.end()) == expected;
  };
  CHECK(is_expected(sample_of(view, 1)));
  CHECK(is_expected(sample_of(constant, 1)));
  CHECK(is_expected(sample_of(all, 2).subspan(1, 2)));

  copy_sample(constant, 0, view, 1);
  CHECK(all.row(2) == Eigen::RowVector4f(8, 5, 6, 11));
}

TEST_CASE("values are all finite unless one is infinite or NaN, wherever it is") {
  std::vector<double> values(21, std::numeric_limits<double>::max());
  CHECK(all_finite(std::span(values)));
  CHECK(all_finite(std::span<const double>()));
  for (const double bad :
       {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    for (double& value : values) {
      const double good = std::exchange(value, bad);
      CHECK_FALSE(all_finite(std::span(values)));
      value = good;
    }
  }
}
