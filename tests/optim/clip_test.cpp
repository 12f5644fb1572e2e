// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/optim/clip.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

TEST_CASE("a norm takes every element into account, whatever their number") {
  for (std::size_t count = 0; count <= 70; ++count) {
    std::vector<float> gradient(count);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      gradient[i] = static_cast<float>(i + 1);
      sum += static_cast<double>((i + 1) * (i + 1));  // whole numbers: exact in any order
    }
    CHECK(ebm::global_norm(std::span<const float>(gradient)) == std::sqrt(sum));
  }
}

TEST_CASE("a gradient beyond the bound is scaled to it, and its norm before is returned") {
  std::vector<double> gradient{3, 4};
  CHECK(ebm::GlobalNormClip(1)(std::span(gradient)) == Approx(5));
  CHECK(gradient[0] == Approx(3 / (5 + 1e-6)).epsilon(1e-14));
  CHECK(gradient[1] == Approx(4 / (5 + 1e-6)).epsilon(1e-14));
}

TEST_CASE("a gradient within the bound stays as it is, bit by bit") {
  std::vector<float> gradient{0.3f, -0.4f};
  const auto before = gradient;
  CHECK(ebm::GlobalNormClip(1)(std::span(gradient)) == Approx(0.5));
  CHECK(gradient == before);
  CHECK(ebm::NoGradientClip()(std::span(gradient)) == Approx(0.5));
  CHECK(gradient == before);
}

TEST_CASE("a bound that is not above zero is refused with its value") {
  const auto message = [](double bound) {
    return message_of<ebm::InvalidArgument>([&] { ebm::GlobalNormClip clip(bound); });
  };
  CHECK(message(0) == "GlobalNormClip: bound must be > 0, got 0");
  CHECK(message(std::nan("")) == "GlobalNormClip: bound must be > 0, got nan");
}
