// SPDX-License-Identifier: MIT
#include <array>
#include <cstdint>
#include <ebm/io/image_samples.hpp>
#include <ebm/train/training_data.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"

using ebm::InvalidArgument;
using ebm::io::GrayImages;
using ebm::io::to_byte;
using ebm::io::to_sample;
using ebm::io::to_samples;

TEST_CASE("black is -1, white is 1 and bytes are evenly spread between them") {
  CHECK(to_sample(0) == -1.0f);
  CHECK(to_sample(255) == 1.0f);
  for (int byte = 0; byte < 256; ++byte) {
    CHECK(to_sample(static_cast<std::uint8_t>(byte)) == Approx(byte / 127.5 - 1).margin(1e-6));
  }
}

TEST_CASE("every byte survives the way to a sample and back") {
  for (int byte = 0; byte < 256; ++byte) {
    CHECK(to_byte(to_sample(static_cast<std::uint8_t>(byte))) == byte);
  }
}

TEST_CASE("a sample becomes the nearest byte, and one out of range black or white") {
  CHECK(to_byte(0.0f) == 128);
  CHECK(to_byte(-1.0f + 0.4f * 2 / 255) == 0);
  CHECK(to_byte(-1.0f + 0.6f * 2 / 255) == 1);
  CHECK(to_byte(-3.0f) == 0);
  CHECK(to_byte(1.1f) == 255);
  CHECK(to_byte(std::numeric_limits<float>::infinity()) == 255);
}

TEST_CASE("samples hold one image a row, row after row of its pixels") {
  const GrayImages images{2, 1, 3, {0, 51, 255, 255, 204, 0}};
  const auto samples = to_samples(images);
  REQUIRE(samples.rows() == 2);
  REQUIRE(samples.cols() == 3);
  CHECK(samples(0, 0) == -1.0f);
  CHECK(samples(0, 1) == Approx(-0.6));
  CHECK(samples(0, 2) == 1.0f);
  CHECK(samples(1, 1) == Approx(0.6));
  CHECK(samples(1, 2) == -1.0f);
}

TEST_CASE("samples of chosen images stand in the chosen order, repeated where asked") {
  const GrayImages images{3, 1, 2, {0, 1, 10, 11, 20, 21}};
  const auto all = to_samples(images);
  const auto chosen = to_samples(images, std::array{2, 0, 2});
  REQUIRE(chosen.rows() == 3);
  CHECK(chosen.row(0) == all.row(2));
  CHECK(chosen.row(1) == all.row(0));
  CHECK(chosen.row(2) == all.row(2));
}

TEST_CASE("an index that names no image is refused") {
  const GrayImages images{2, 1, 1, {0, 1}};
  CHECK(message_of<InvalidArgument>([&] { (void)to_samples(images, std::array{0, 2}); }) ==
        "to_samples: image 2 of 2 was asked for");
  CHECK(message_of<InvalidArgument>([&] { (void)to_samples(images, std::array{-1}); }) ==
        "to_samples: image -1 of 2 was asked for");
}

TEST_CASE("images without pixels or with too few are refused") {
  CHECK(message_of<InvalidArgument>([] { (void)to_samples({2, 1, 3, {0, 1, 2, 3, 4}}); }) ==
        "GrayImages: 2 images of 1x3 have 5 pixels, expected 6");
  CHECK(message_of<InvalidArgument>([] { (void)to_samples({1, 0, 3, {}}); }) ==
        "GrayImages: sizes must be positive, got 1 images of 0x3");
}

TEST_CASE(
    "a data set of images gives the samples of its images, and refuses a wrong count of bytes") {
  const GrayImages images{3, 1, 2, {0, 51, 255, 255, 204, 1}};
  const ebm::io::ImageDataset data(images.pixels, 2);
  static_assert(ebm::Dataset<ebm::io::ImageDataset>);
  REQUIRE(data.rows() == 3);
  REQUIRE(data.cols() == 2);
  ebm::Samples<float> samples(3, 2);
  for (Eigen::Index i = 0; i < 3; ++i) data.copy_sample(i, ebm::sample_of(samples, i));
  CHECK(samples == to_samples(images));
  const auto message = [&](int size) {
    return message_of<InvalidArgument>([&] { ebm::io::ImageDataset(images.pixels, size); });
  };
  CHECK(message(4) == "ImageDataset: 6 pixels are no images of 4");
  CHECK(message(0) == "ImageDataset: images must have pixels, got 0");
}
