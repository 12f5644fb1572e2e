// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <vector>

/// Grayscale images as files hold them.
namespace ebm::inline EBM_ABI::io {

/// Images of one size; a byte per pixel, 0 is black.
///
/// pixels: [image][row][column]
struct GrayImages {
  int count = 0;
  int rows = 0;
  int columns = 0;
  std::vector<std::uint8_t> pixels;
};

/// The largest picture that a reader makes room for.
struct PictureLimit {
  int rows = 8192;
  int columns = 8192;
};

namespace detail {

/// Throws InvalidArgument unless there are as many pixels as the sizes say.
inline void check_sizes(const GrayImages& images) {
  require(images.count >= 0 && images.rows > 0 && images.columns > 0,
          "GrayImages: sizes must be positive, got ", images.count, " images of ", images.rows, "x",
          images.columns);
  const auto size = static_cast<std::size_t>(images.count) * static_cast<std::size_t>(images.rows) *
                    static_cast<std::size_t>(images.columns);
  require(images.pixels.size() == size, "GrayImages: ", images.count, " images of ", images.rows,
          "x", images.columns, " have ", images.pixels.size(), " pixels, expected ", size);
}

}  // namespace detail

}  // namespace ebm::inline EBM_ABI::io
