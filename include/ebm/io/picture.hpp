// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <string_view>
#include <vector>

/// One picture in memory, as files of pictures hold it.
namespace ebm::inline EBM_ABI::io {

/// How a picture that shows images is laid out: from left to right, then from top to bottom, with
/// `padding` pixels around each, and each pixel a square of `scale` x `scale`.
struct PictureGrid {
  int images = 0;             ///< 0: the picture is no grid
  int height = 0, width = 0;  ///< of an image
  int columns = 1;            ///< images beside each other
  int padding = 0;
  int scale = 1;
};

/// A picture of bytes, gray (1 channel) or RGB (3).
///
/// pixels: [row][column][channel]
/// grid: travels in the file, so that `read_png_images` gives the images back
struct Picture {
  int rows = 0;
  int columns = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;
  PictureGrid grid{};
};

namespace detail {

/// Throws InvalidArgument in the name of `function` unless the picture's sizes agree.
inline void check_picture(std::string_view function, const Picture& picture) {
  const int rows = picture.rows, columns = picture.columns, channels = picture.channels;
  const auto& pixels = picture.pixels;
  require(rows > 0 && columns > 0 && (channels == 1 || channels == 3), function, ": got ", rows,
          "x", columns, " pixels of ", channels,
          " channels, expected positive sizes and 1 or 3 channels");
  // A chunk of a PNG file holds less than 2 GiB, and compression may add a little.
  constexpr double most = 2e9;
  require(static_cast<double>(rows) * (static_cast<double>(columns) * channels + 1) < most,
          function, ": ", rows, "x", columns, " pixels are too many for one file");
  const auto size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) *
                    static_cast<std::size_t>(channels);
  require(pixels.size() == size, function, ": got ", pixels.size(), " bytes, expected ", size);
}

}  // namespace detail

}  // namespace ebm::inline EBM_ABI::io
