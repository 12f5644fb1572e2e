// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/psnr.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

namespace {

using ebm::psnr;
using ebm::Samples;

Samples<float> filled(Eigen::Index rows, Eigen::Index columns, float value) {
  return Samples<float>::Constant(rows, columns, value);
}

}  // namespace

TEST_CASE("PSNR compares the mean squared error with the squared peak") {
  Samples<float> images(2, 2), originals(2, 2);
  images << 0.5f, 0, 0, 0.2f;
  originals << 0, 0.5f, 0, 0;
  const auto decibels = psnr(images, originals);
  REQUIRE(decibels.size() == 2);
  CHECK(decibels[0] == Approx(10 * std::log10(4 / 0.25)));
  CHECK(decibels[1] == Approx(10 * std::log10(4 / 0.02)));
  CHECK(psnr(filled(1, 3, 10), filled(1, 3, 0), 100)[0] == Approx(20));
}

TEST_CASE("the same images have an infinite PSNR") {
  CHECK(std::isinf(psnr(filled(1, 4, 0.3f), filled(1, 4, 0.3f))[0]));
}

TEST_CASE("images that can't be compared are refused with their sizes") {
  const auto message = [](const Samples<float>& a, const Samples<float>& b, double peak = 2) {
    return message_of<ebm::InvalidArgument>([&] { (void)psnr(a, b, peak); });
  };
  CHECK(message(filled(2, 3, 0), filled(2, 4, 0)) ==
        "psnr: got 2 images of 3 pixels and 2 originals of 4, expected as many of one size");
  CHECK(message(filled(2, 0, 0), filled(2, 0, 0)) == "psnr: images have no pixels");
  CHECK(message(filled(1, 1, 0), filled(1, 1, 0), 0) == "psnr: peak must be > 0 and finite, got 0");
}
