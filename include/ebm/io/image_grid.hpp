// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/io/image_samples.hpp>
#include <ebm/io/png.hpp>
#include <filesystem>

/// Samples as one picture, to look at.
namespace ebm::inline EBM_ABI::io {

/// What a row of `Samples` means as an image.
struct ImageShape {
  int channels = 1;
  int height = 28;
  int width = 28;
};

/// Options of `image_grid`.
struct GridOptions {
  int columns = 8;  ///< images beside each other, >= 1
  int padding = 2;  ///< black pixels around each image, >= 0
  int scale = 1;    ///< pixels of the picture for a pixel of the grid, each way, >= 1
};

namespace detail {

[[nodiscard]] inline Picture black_picture(Eigen::Index rows, Eigen::Index columns,
                                           Eigen::Index channels) {
  Picture picture{
      static_cast<int>(rows), static_cast<int>(columns), static_cast<int>(channels), {}};
  picture.pixels.resize(static_cast<std::size_t>(rows * columns * channels));
  return picture;
}

/// Makes a square of `scale` x `scale` pixels of each pixel.
[[nodiscard]] inline Picture enlarge(const Picture& small, Eigen::Index scale) {
  auto large = black_picture(small.rows * scale, small.columns * scale, small.channels);
  auto to = large.pixels.begin();
  for (Eigen::Index y = 0; y < large.rows; ++y) {
    for (Eigen::Index x = 0; x < large.columns; ++x) {
      const auto pixel = y / scale * small.columns + x / scale;
      to = std::copy_n(small.pixels.begin() + pixel * small.channels, small.channels, to);
    }
  }
  return large;
}

}  // namespace detail

/// Lays images out from left to right, then top to bottom, on black, like torchvision's
/// `make_grid`: fewer images than columns make a narrower grid, a single image has no padding.
///
/// images: [image][channel * height * width], clamped to [-1, 1]; channels: 1 (gray) or 3 (RGB).
/// Throws InvalidArgument for NaN and for sizes that don't fit.
[[nodiscard]] inline Picture image_grid(const ConstSamplesRef<float>& images,
                                        const ImageShape& shape, const GridOptions& options = {}) {
  const auto [channels, height, width] = shape;
  require((channels == 1 || channels == 3) && height > 0 && width > 0, "image_grid: got images of ",
          channels, "x", height, "x", width, ", expected 1 or 3 channels and positive sizes");
  require(options.columns >= 1 && options.padding >= 0 && options.scale >= 1, "image_grid: got ",
          options.columns, " columns, padding ", options.padding, ", scale ", options.scale,
          ", expected at least 1, 0 and 1");
  const auto area = static_cast<Eigen::Index>(height) * width;
  require(images.rows() > 0 && images.cols() == channels * area, "image_grid: got ", images.rows(),
          " images of ", images.cols(), " features, expected at least one of ", channels * area);
  for (Eigen::Index image = 0; image < images.rows(); ++image) {
    require(!images.row(image).hasNaN(), "image_grid: image ", image, " holds NaN");
  }

  const auto across = std::min<Eigen::Index>(options.columns, images.rows());
  const auto down = (images.rows() + across - 1) / across;
  const Eigen::Index padding = images.rows() == 1 ? 0 : options.padding;
  const auto grid_height = down * (height + padding) + padding;
  const auto grid_width = across * (width + padding) + padding;
  require(std::max(grid_height, grid_width) * options.scale <= 65535, "image_grid: a grid of ",
          grid_height, "x", grid_width, " pixels at scale ", options.scale,
          " has more than 65535 pixels in one direction");

  auto grid = detail::black_picture(grid_height, grid_width, channels);
  for (Eigen::Index image = 0; image < images.rows(); ++image) {
    const auto top = padding + image / across * (height + padding);
    const auto left = padding + image % across * (width + padding);
    for (Eigen::Index feature = 0; feature < images.cols(); ++feature) {
      const auto channel = feature / area, y = feature % area / width, x = feature % width;
      const auto pixel = (top + y) * grid_width + left + x;
      grid.pixels[static_cast<std::size_t>(pixel * channels + channel)] =
          to_byte(images(image, feature));
    }
  }
  Picture picture = detail::enlarge(grid, options.scale);
  picture.grid = {.images = static_cast<int>(images.rows()),
                  .height = height,
                  .width = width,
                  .columns = static_cast<int>(across),
                  .padding = static_cast<int>(padding),
                  .scale = options.scale};
  return picture;
}

/// Writes `image_grid` of the images as PNG, all or nothing.
inline void write_image_grid(const std::filesystem::path& path,
                             const ConstSamplesRef<float>& images, const ImageShape& shape,
                             const GridOptions& options = {}) {
  write_png(path, image_grid(images, shape, options));
}

}  // namespace ebm::inline EBM_ABI::io
