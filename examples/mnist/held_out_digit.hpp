// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ebm/io/gray_images.hpp>
#include <vector>

namespace ebm_mnist {

/// Takes the images of a digit out of others, so that a model has never seen it, and returns them.
///
/// digits: [image], those that stay are left; digit: none is taken for -1
inline ebm::io::GrayImages take_digit(ebm::io::GrayImages& images,
                                      std::vector<std::uint8_t>& digits, int digit) {
  const auto size = static_cast<std::ptrdiff_t>(images.rows) * images.columns;
  ebm::io::GrayImages taken{
      .count = 0, .rows = images.rows, .columns = images.columns, .pixels = {}};
  auto kept = images.pixels.begin();
  for (std::ptrdiff_t i = 0; i < images.count; ++i) {
    const auto image = images.pixels.begin() + i * size;
    if (digits[static_cast<std::size_t>(i)] == digit) {
      taken.pixels.insert(taken.pixels.end(), image, image + size);
      ++taken.count;
    } else {
      kept = std::copy(image, image + size, kept);
    }
  }
  images.pixels.erase(kept, images.pixels.end());
  images.count -= taken.count;
  std::erase(digits, digit);
  return taken;
}

}  // namespace ebm_mnist
