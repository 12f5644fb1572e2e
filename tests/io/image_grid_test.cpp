// SPDX-License-Identifier: MIT
#include <cstdint>
#include <ebm/io/image_grid.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::InvalidArgument;
using ebm::Samples;
using ebm::io::GridOptions;
using ebm::io::image_grid;
using ebm::io::ImageShape;
using Bytes = std::vector<std::uint8_t>;

constexpr ImageShape pixel{1, 1, 1};

/// Images of one pixel, of these bytes.
Samples<float> pixels(std::initializer_list<int> bytes) {
  Samples<float> samples(static_cast<Eigen::Index>(bytes.size()), 1);
  Eigen::Index row = 0;
  for (const int byte : bytes)
    samples(row++, 0) = ebm::io::to_sample(static_cast<std::uint8_t>(byte));
  return samples;
}

}  // namespace

TEST_CASE("images fill a grid row by row, framed in black, and its rest stays black") {
  const auto grid = image_grid(pixels({10, 20, 30}), pixel, {.columns = 2, .padding = 1});
  CHECK(grid.rows == 5);
  CHECK(grid.columns == 5);
  CHECK(grid.channels == 1);
  CHECK(grid.pixels == Bytes{0, 0,  0, 0,  0,  //
                             0, 10, 0, 20, 0,  //
                             0, 0,  0, 0,  0,  //
                             0, 30, 0, 0,  0,  //
                             0, 0,  0, 0,  0});
}

TEST_CASE("without padding images touch each other") {
  const auto grid = image_grid(pixels({1, 2, 3, 4}), pixel, {.columns = 2, .padding = 0});
  CHECK(grid.rows == 2);
  CHECK(grid.pixels == Bytes{1, 2, 3, 4});
}

TEST_CASE("fewer images than columns make a grid of one narrower row") {
  const auto grid = image_grid(pixels({1, 2}), pixel, {.columns = 8, .padding = 0});
  CHECK(grid.rows == 1);
  CHECK(grid.columns == 2);
}

TEST_CASE("a single image stands without a frame") {
  const auto grid = image_grid(pixels({7}), pixel, {.columns = 8, .padding = 2});
  CHECK(grid.rows == 1);
  CHECK(grid.columns == 1);
  CHECK(grid.pixels == Bytes{7});
}

TEST_CASE("64 digits with the default options make torchvision's 242x242 pixels") {
  const auto grid = image_grid(Samples<float>::Zero(64, 784), {1, 28, 28});
  CHECK(grid.rows == 242);
  CHECK(grid.columns == 242);
}

TEST_CASE("rows and columns of an image are not exchanged") {
  Samples<float> image(1, 6);
  for (int i = 0; i < 6; ++i) image(0, i) = ebm::io::to_sample(static_cast<std::uint8_t>(i));
  const auto grid = image_grid(image, {1, 2, 3});
  CHECK(grid.rows == 2);
  CHECK(grid.columns == 3);
  CHECK(grid.pixels == Bytes{0, 1, 2, 3, 4, 5});
}

TEST_CASE("the channels of a sample become the colours of its pixels") {
  Samples<float> image(1, 6);  // two pixels: red, red, green, green, blue, blue
  image << 1, -1, -1, 1, -1, -1;
  const auto grid = image_grid(image, {3, 1, 2});
  CHECK(grid.channels == 3);
  CHECK(grid.pixels == Bytes{255, 0, 0, 0, 255, 0});
}

TEST_CASE("scale makes a square of each pixel, of padding too") {
  const auto grid = image_grid(pixels({1, 2}), pixel, {.columns = 2, .padding = 1, .scale = 2});
  CHECK(grid.rows == 6);
  CHECK(grid.columns == 10);
  CHECK(Bytes(grid.pixels.begin() + 20, grid.pixels.begin() + 40) ==
        Bytes{0, 0, 1, 1, 0, 0, 2, 2, 0, 0,  //
              0, 0, 1, 1, 0, 0, 2, 2, 0, 0});
}

TEST_CASE("values beyond the range are clamped") {
  Samples<float> images(2, 1);
  images << 5, -5;
  CHECK(image_grid(images, pixel, {.padding = 0}).pixels == Bytes{255, 0});
}

TEST_CASE("NaN is refused with the image that holds it, and nothing is written") {
  const TemporaryFolder folder;
  auto images = pixels({1, 2, 3});
  images(2, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK(message_of<InvalidArgument>([&] {
          ebm::io::write_image_grid(folder / "grid.png", images, pixel);
        }) == "image_grid: image 2 holds NaN");
  CHECK_FALSE(std::filesystem::exists(folder / "grid.png"));
}

TEST_CASE("samples of another size than the images are refused with both") {
  CHECK(message_of<InvalidArgument>([] { (void)image_grid(pixels({1, 2}), {1, 2, 3}); }) ==
        "image_grid: got 2 images of 1 features, expected at least one of 6");
  CHECK(message_of<InvalidArgument>([] { (void)image_grid(Samples<float>(0, 1), pixel); }) ==
        "image_grid: got 0 images of 1 features, expected at least one of 1");
}

TEST_CASE("layouts without sense are refused with what was given") {
  CHECK(message_of<InvalidArgument>([] { (void)image_grid(pixels({1}), {2, 1, 1}); }) ==
        "image_grid: got images of 2x1x1, expected 1 or 3 channels and positive sizes");
  CHECK(message_of<InvalidArgument>([] {
          (void)image_grid(pixels({1}), pixel, {.columns = 0, .padding = -1, .scale = 0});
        }) == "image_grid: got 0 columns, padding -1, scale 0, expected at least 1, 0 and 1");
  CHECK(message_of<InvalidArgument>(
            [] { (void)image_grid(pixels({1}), pixel, {.scale = 70'000}); }) ==
        "image_grid: a grid of 1x1 pixels at scale 70000 has more than 65535 pixels in one "
        "direction");
}

TEST_CASE("a written grid is the picture of the images") {
  const TemporaryFolder folder;
  const auto images = pixels({10, 20, 30, 40, 50});
  ebm::io::write_image_grid(folder / "grid.png", images, pixel, {.columns = 3});
  CHECK(ebm::io::read_png_gray(folder / "grid.png").pixels ==
        image_grid(images, pixel, {.columns = 3}).pixels);
}

TEST_CASE("a written grid gives its images back, whatever the layout") {
  const TemporaryFolder folder;
  const ImageShape shape{1, 2, 3};
  for (const int count : {1, 2, 5}) {
    Samples<float> images(count, 6);
    for (Eigen::Index i = 0; i < images.size(); ++i) {
      images.data()[i] = ebm::io::to_sample(static_cast<std::uint8_t>(7 * i + 1));
    }
    for (const GridOptions& options : {GridOptions{}, GridOptions{2, 0, 1}, GridOptions{3, 1, 4}}) {
      CAPTURE(count, options.columns, options.padding, options.scale);
      ebm::io::write_image_grid(folder / "grid.png", images, shape, options);
      const auto back = ebm::io::read_png_images(folder / "grid.png", {.rows = 2, .columns = 3});
      CHECK(back.count == count);
      CHECK(back.rows == 2);
      CHECK(back.columns == 3);
      CHECK(ebm::io::to_samples(back) == images);
    }
  }
  // A picture of several colours too, by its luma; and one that is no grid is an image.
  ebm::io::write_image_grid(folder / "rgb.png", Samples<float>::Zero(3, 12), {3, 2, 2});
  CHECK(ebm::io::read_png_images(folder / "rgb.png").count == 3);
  ebm::io::write_png(folder / "plain.png", {1, 2, 1, {5, 6}});
  CHECK(ebm::io::read_png_images(folder / "plain.png").count == 1);
}

TEST_CASE("a grid of images that are too large is refused before its pixels are decompressed") {
  const TemporaryFolder folder;
  ebm::io::Picture picture{2, 3, 1, std::vector<std::uint8_t>(6), {1, 2, 3, 1, 0, 1}};
  auto file = ebm::io::detail::png_start(picture);
  ebm::io::detail::append_chunk(file, "IDAT");  // no pixels
  ebm::io::detail::append_chunk(file, "IEND");
  ebm::io::write_file_atomically(folder / "grid.png", std::as_bytes(std::span(file)));
  const auto refusal = [&](const ebm::io::PictureLimit& largest) {
    return message_of<ebm::Error>(
        [&] { (void)ebm::io::read_png_images(folder / "grid.png", largest); });
  };
  const std::string name = "'" + (folder / "grid.png").string() + "' ";
  CHECK(refusal({1, 3}) == name + "shows images of 2x3 pixels, expected 1x3 at most");
  CHECK(refusal({2, 2}) == name + "shows images of 2x3 pixels, expected 2x2 at most");
  CHECK(refusal({2, 3}).starts_with(name + "is no readable PNG file"));
}

TEST_CASE("captions beside a grid leave its images readable") {
  const TemporaryFolder folder;
  auto picture = image_grid(pixels({1, 2, 3}), pixel, {.columns = 2, .padding = 1});
  const auto images = [&] {
    ebm::io::write_png(folder / "grid.png", picture);
    return ebm::io::read_png_images(folder / "grid.png").pixels;
  };
  const auto without = images();
  picture.rows += 3;
  picture.pixels.resize(picture.pixels.size() + std::size_t(3 * picture.columns), 255);
  CHECK(images() == without);
}

TEST_CASE("a picture whose text lays images out in another way than its pixels are is refused") {
  const TemporaryFolder folder;
  const auto refusal = [&](const ebm::io::PictureGrid& grid) {
    auto picture = image_grid(pixels({1, 2, 3}), pixel, {.columns = 2, .padding = 1});
    picture.grid = grid;
    ebm::io::write_png(folder / "grid.png", picture);
    return message_of<ebm::Error>([&] { (void)ebm::io::read_png_images(folder / "grid.png"); });
  };
  const std::string expected = "'" + (folder / "grid.png").string() +
                               "' says that its images are laid out in another way than its 5x5 "
                               "pixels are";
  const int huge = std::numeric_limits<int>::max();
  for (const ebm::io::PictureGrid& grid :
       {ebm::io::PictureGrid{3, 1, 1, 2, 1, 2}, ebm::io::PictureGrid{3, 1, 1, 3, 1, 1},
        ebm::io::PictureGrid{5, 1, 1, 2, 1, 1}, ebm::io::PictureGrid{3, 0, 1, 2, 1, 1},
        ebm::io::PictureGrid{3, 1, 1, 0, 1, 1}, ebm::io::PictureGrid{3, 1, 1, 2, 1, 0},
        ebm::io::PictureGrid{3, 1, 1, 2, -1, 1},
        ebm::io::PictureGrid{huge, huge, huge, huge, huge, huge}}) {
    CHECK(refusal(grid) == expected);
  }
}
