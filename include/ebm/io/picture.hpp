// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <string_view>
#include <vector>

/// One picture in memory, as files of pictures hold it.
namespace ebm::inline EBM_ABI::io {

/// A picture of bytes, gray (1 channel) or RGB (3).
///
/// pixels: [row][column][channel]
struct Picture {
  int rows = 0;
  int columns = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;
};

namespace detail {

/// Throws InvalidArgument in the name of `function` unless the picture's sizes agree.
inline void check_picture(std::string_view function, const Picture& picture) {
  const auto& [rows, columns, channels, pixels] = picture;
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
