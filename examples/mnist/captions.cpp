// SPDX-License-Identifier: MIT
#include "captions.hpp"

#include <stb/stb_easy_font.h>
#include <algorithm>
#include <array>
#include <span>

namespace ebm_mnist {

namespace {

constexpr int line_height = 12;  // of stb_easy_font, with room below

/// A corner of one of the rectangles that letters are made of, as stb_easy_font writes it.
struct Corner {
  float x, y, z;
  std::array<unsigned char, 4> color;
};

/// Draws a line of text in white, its middle at column `middle`.
void draw(ebm::io::Picture& picture, std::string text, int middle, int top, int scale) {
  std::vector<Corner> corners(text.size() * 100);
  const int count = stb_easy_font_print(0, 0, text.data(), nullptr, corners.data(),
                                        static_cast<int>(std::span(corners).size_bytes()));
  const int left = middle - stb_easy_font_width(text.data()) * scale / 2;
  for (int i = 0; i < count; ++i) {
    const Corner* const rectangle = corners.data() + std::ptrdiff_t{4} * i;
    const auto bound = [&](float Corner::* axis, int corner, int first, int end) {
      return std::clamp(first + static_cast<int>(rectangle[corner].*axis) * scale, 0, end);
    };
    for (int y = bound(&Corner::y, 0, top, picture.rows);
         y < bound(&Corner::y, 2, top, picture.rows); ++y) {
      const int x = bound(&Corner::x, 0, left, picture.columns);
      const int end = bound(&Corner::x, 2, left, picture.columns);
      std::fill_n(picture.pixels.begin() + std::ptrdiff_t{y} * picture.columns + x, end - x,
                  std::uint8_t{255});
    }
  }
}

}  // namespace

void add_captions(ebm::io::Picture& grid, const std::vector<std::string>& columns) {
  const auto& layout = grid.grid;
  const int cell = (layout.width + layout.padding) * layout.scale;
  const int scale = std::max(1, cell / 60), top = grid.rows;
  grid.rows += line_height * scale;
  grid.pixels.resize(static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int left = layout.padding * layout.scale + static_cast<int>(i) * cell;
    draw(grid, columns[i], left + layout.width * layout.scale / 2, top, scale);
  }
}

}  // namespace ebm_mnist
