// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/png_chunk.hpp>
#include <ebm/io/stb.hpp>
#include <filesystem>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// PNG files of 8 bits a channel.
namespace ebm::io {

namespace detail {

/// Whether a zlib stream decompresses to its end, where its checksum is right.
inline bool is_sound_stream(std::span<const std::uint8_t> bytes) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  std::array<std::uint8_t, 1 << 14> discarded;
  stream.next_in = const_cast<std::uint8_t*>(bytes.data());  // zlib only reads there
  stream.avail_in = static_cast<uInt>(bytes.size());
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_out = discarded.data();
    stream.avail_out = static_cast<uInt>(discarded.size());
    code = inflate(&stream, Z_NO_FLUSH);
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END;
}

/// Checks what stb does not look at, lengths and checksums: a damaged file would give other pixels.
///
/// Returns the file up to its end chunk, and a palette filled up with black: stb would read colours
/// that the palette lacks from memory that nobody has written.
inline std::vector<std::byte> checked_png(const std::filesystem::path& path,
                                          std::span<const std::byte> file) {
  const auto refuse = [&](const auto&... parts) {
    throw Error(sentence("read_png: ", quoted(path), " ", parts...));
  };
  if (!std::in_range<int>(file.size())) refuse("is larger than 2 GiB");  // stb counts in int
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  const bool is_png = bytes.size() >= 8 && std::ranges::equal(bytes.first(8), png_signature);
  if (!is_png) refuse("is no PNG file");
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes.subspan(at, 4)) value = value << 8 | byte;
    return value;
  };
  constexpr std::size_t frame = 12;  // a chunk's length, type and checksum
  constexpr std::uint32_t whole_palette = 3 * 256;
  std::vector<std::byte> checked(file.begin(), file.begin() + 8);
  std::vector<std::uint8_t> compressed;
  for (std::size_t at = 8;;) {
    const auto left = bytes.size() - at;
    if (left < frame || number(at) > left - frame) refuse("is cut off at byte ", bytes.size());
    const auto size = number(at);
    const auto checksum = crc32(0, bytes.data() + at + 4, size + 4);
    if (checksum != number(at + 8 + size)) refuse("is damaged in its chunk at byte ", at);
    const auto chunk = file.subspan(at, frame + size);
    const auto is = [type = bytes.subspan(at + 4, 4)](std::string_view name) {
      return std::ranges::equal(type, name);
    };
    const bool is_palette = is("PLTE"), is_end = is("IEND");
    if (is_palette && (size % 3 != 0 || size > whole_palette)) {
      refuse("has a palette of ", size, " bytes, expected three a colour and ", whole_palette,
             " at most");
    }
    if (is("IDAT")) {
      const auto part = bytes.subspan(at + 8, size);
      compressed.insert(compressed.end(), part.begin(), part.end());
    }
    const auto content = checked.insert(checked.end(), chunk.begin(), chunk.end()) + 8;
    at += frame + size;
    if (is_palette && size < whole_palette) {
      checked.insert(content + size, whole_palette - size, std::byte{0});
      constexpr std::array length{std::byte{0}, std::byte{0}, std::byte{whole_palette >> 8},
                                  std::byte{whole_palette & 0xff}};
      std::ranges::copy(length, checked.end() - frame - whole_palette);
    }
    if (!is_end) continue;
    if (at != bytes.size()) refuse("has bytes behind its end chunk, at byte ", at);
    if (!is_sound_stream(compressed)) refuse("is damaged in its compressed pixels");
    return checked;
  }
}

}  // namespace detail

/// The bytes of a PNG file of the picture; throws InvalidArgument unless its sizes agree.
[[nodiscard]] inline std::vector<std::uint8_t> encode_png(const Picture& picture) {
  detail::check_picture("encode_png", picture);
  auto file = detail::png_start(picture);
  detail::append_chunk(file, "IDAT", detail::compressed_pixels(picture));
  detail::append_chunk(file, "IEND");
  return file;
}

/// Writes the picture, all or nothing; throws InvalidArgument unless its sizes agree.
inline void write_png(const std::filesystem::path& path, const Picture& picture) {
  const auto file = encode_png(picture);
  write_file_atomically(path, std::as_bytes(std::span(file)));
}

/// Reads any PNG as one grayscale image, colours by their luma; throws Error that says what's
/// wrong.
[[nodiscard]] inline GrayImages read_png_gray(const std::filesystem::path& path) {
  const auto file = detail::checked_png(path, read_file(path));
  int columns = 0, rows = 0, channels = 0;
  const std::unique_ptr<unsigned char, decltype(&std::free)> pixels(
      stbi_load_from_memory(reinterpret_cast<const unsigned char*>(file.data()),
                            static_cast<int>(file.size()), &columns, &rows, &channels, STBI_grey),
      &std::free);
  if (!pixels) {
    const std::string_view reason(stbi_failure_reason());
    throw Error(sentence("read_png: ", quoted(path), " is no readable PNG file: ",
                         reason.empty() ? "its pixels are damaged" : reason));
  }
  const auto size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  return {1, rows, columns, {pixels.get(), pixels.get() + size}};
}

}  // namespace ebm::io
