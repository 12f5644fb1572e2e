// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checks.hpp"

/// PNG files in parts, whose checksums are made anew.
namespace fuzz {

struct PngChunk {
  std::string type;  ///< four letters
  Bytes content;
};

inline constexpr std::array<std::uint8_t, 8> png_signature{0x89, 'P',  'N',  'G',
                                                           '\r', '\n', 0x1a, '\n'};

[[nodiscard]] inline std::uint32_t number_at(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

inline void append(Bytes& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

/// The chunks up to where the file ends or makes no sense; checksums are not looked at.
[[nodiscard]] inline std::vector<PngChunk> png_chunks(std::span<const std::uint8_t> file) {
  std::vector<PngChunk> chunks;
  if (file.size() < 8 || !std::ranges::equal(file.first(8), png_signature)) return chunks;
  for (file = file.subspan(8); file.size() >= 12;) {
    const std::size_t size = number_at(file);
    if (size > file.size() - 12) break;
    const auto content = file.subspan(8, size);
    chunks.push_back({{file.begin() + 4, file.begin() + 8}, {content.begin(), content.end()}});
    file = file.subspan(12 + size);
  }
  return chunks;
}

[[nodiscard]] inline Bytes png_of(std::span<const PngChunk> chunks) {
  Bytes file(png_signature.begin(), png_signature.end());
  for (const auto& [type, content] : chunks) {
    append(file, static_cast<std::uint32_t>(content.size()));
    const std::size_t checked = file.size();
    file.insert(file.end(), type.begin(), type.end());
    file.insert(file.end(), content.begin(), content.end());
    const auto checksum = crc32_z(0, file.data() + checked, file.size() - checked);
    append(file, static_cast<std::uint32_t>(checksum));
  }
  return file;
}

/// Bytes of the pixels of a picture before compression, with a byte before each row; nothing for a
/// header that makes no sense or a picture that is large.
[[nodiscard]] inline std::optional<std::size_t> png_pixel_bytes(std::span<const std::uint8_t> h) {
  if (h.size() != 13) return {};
  const std::size_t width = number_at(h), height = number_at(h.subspan(4));
  constexpr std::array<std::size_t, 7> channels{1, 0, 3, 1, 2, 0, 4};
  constexpr std::size_t most = 256;
  if (width > most || height > most || h[9] >= channels.size() || h[8] > 16) return {};
  const std::size_t bits = h[8] * channels[h[9]];
  const auto pass = [&](std::size_t columns, std::size_t rows) {
    return columns == 0 ? 0 : rows * (1 + (columns * bits + 7) / 8);
  };
  if (h[12] == 0) return pass(width, height);
  // Of the seven passes of Adam7: first column and row, and from one to the next.
  constexpr std::array<std::array<std::size_t, 4>, 7> passes{{{0, 0, 8, 8},
                                                              {4, 0, 8, 8},
                                                              {0, 4, 4, 8},
                                                              {2, 0, 4, 4},
                                                              {0, 2, 2, 4},
                                                              {1, 0, 2, 2},
                                                              {0, 1, 1, 2}}};
  std::size_t size = 0;
  for (const auto& [x, y, right, down] : passes) {
    size += pass((width + right - 1 - x) / right, (height + down - 1 - y) / down);
  }
  return size;
}

}  // namespace fuzz
