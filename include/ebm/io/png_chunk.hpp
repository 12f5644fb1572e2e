// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ebm/io/byte_order.hpp>
#include <ebm/io/picture.hpp>
#include <new>
#include <span>
#include <string_view>
#include <vector>

/// The parts that files of one and of several pictures are made of.
///
/// Source: Portable Network Graphics Specification (Third Edition), W3C 2025, sections 5, 7 and 11.
namespace ebm::inline EBM_ABI::io::detail {

using PngBytes = std::vector<std::uint8_t>;

/// What every PNG file begins with.
inline constexpr std::array<std::uint8_t, 8> png_signature{0x89, 'P',  'N',  'G',
                                                           '\r', '\n', 0x1a, '\n'};

/// Appends a number as PNG files hold it.
template <class T>
void append_number(PngBytes& bytes, T value) {
  append_number<std::endian::big>(bytes, value);
}

/// Appends a chunk: the content's length, the type of four letters, the content, a checksum.
inline void append_chunk(PngBytes& file, std::string_view type,
                         std::span<const std::uint8_t> content = {}) {
  append_number(file, static_cast<std::uint32_t>(content.size()));
  const auto checked = file.size();
  file.insert(file.end(), type.begin(), type.end());
  file.insert(file.end(), content.begin(), content.end());
  const auto size = static_cast<uInt>(file.size() - checked);
  append_number(file, static_cast<std::uint32_t>(crc32(0, file.data() + checked, size)));
}

/// The start of a file: the signature and the chunk that says how large the picture is.
[[nodiscard]] inline PngBytes png_start(const Picture& picture) {
  PngBytes file(png_signature.begin(), png_signature.end());
  PngBytes header;
  append_number(header, static_cast<std::uint32_t>(picture.columns));
  append_number(header, static_cast<std::uint32_t>(picture.rows));
  constexpr std::uint8_t bits = 8, gray = 0, rgb = 2;
  // The zeros: the only compression, the only set of filters, rows from top to bottom.
  const auto colour = picture.channels == 1 ? gray : rgb;
  header.insert(header.end(), {bits, colour, 0, 0, 0});
  append_chunk(file, "IHDR", header);
  return file;
}

/// The pixels as PNG holds them: rows with a filter byte before each, as one zlib stream.
///
/// The rows are not filtered and zlib does not search for long: a grid of images, mostly black,
/// takes a fifth of the time of the smallest file and 1 % more space.
[[nodiscard]] inline PngBytes compressed_pixels(const Picture& picture) {
  const auto rows = static_cast<std::size_t>(picture.rows);
  const auto row_size = picture.pixels.size() / rows;
  PngBytes filtered(rows * (row_size + 1));
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* pixels = picture.pixels.data() + row * row_size;
    std::copy_n(pixels, row_size, filtered.data() + row * (row_size + 1) + 1);
  }
  constexpr int level = 4;
  auto size = compressBound(filtered.size());
  PngBytes compressed(size);
  const int code = compress2(compressed.data(), &size, filtered.data(), filtered.size(), level);
  if (code != Z_OK) throw std::bad_alloc();
  compressed.resize(size);
  return compressed;
}

}  // namespace ebm::inline EBM_ABI::io::detail
