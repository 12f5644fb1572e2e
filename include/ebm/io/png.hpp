// SPDX-License-Identifier: MIT
#pragma once

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/png_chunk.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// PNG files of 8 bits a channel.
namespace ebm::inline EBM_ABI::io {

namespace detail {

template <class... Parts>
[[noreturn]] void refuse_png(const std::filesystem::path& path, const Parts&... parts) {
  throw Error(sentence(quoted(path), " ", parts...));
}

/// What a PNG file has that decides about its images.
struct PngContent {
  PngBytes file;                        ///< the chunks that decide about its pixels
  std::uint32_t rows = 0, columns = 0;  ///< as the first chunk says, if it is the header
  std::uint64_t compressed = 0;         ///< bytes of its pixels
  std::optional<PictureGrid> grid;
};

/// The file without the chunks that do not decide about its pixels: libpng would take a gamma or a
/// colour profile for a wish to change them.
///
/// Throws Error unless every chunk has its length and checksum and nothing follows the last one:
/// libpng passes over damage in what it does not need.
[[nodiscard]] inline PngContent essential_chunks(const std::filesystem::path& path,
                                                 std::span<const std::byte> file) {
  const auto refuse = [&](const auto&... parts) { refuse_png(path, parts...); };
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  const bool is_png = bytes.size() >= 8 && std::ranges::equal(bytes.first(8), png_signature);
  if (!is_png) refuse("is no PNG file");
  const auto number = [&](std::size_t at) {
    return read_number<std::endian::big, std::uint32_t>(bytes.subspan(at));
  };
  constexpr std::size_t frame = 12;  // a chunk's length, type and checksum
  PngContent content{.file = {bytes.begin(), bytes.begin() + 8}, .grid = {}};
  for (std::size_t at = 8;;) {
    const auto left = bytes.size() - at;
    if (left < frame || number(at) > left - frame) refuse("is cut off at byte ", bytes.size());
    const std::size_t size = number(at);
    const auto checksum = crc32_z(0, bytes.data() + at + 4, size + 4);
    if (checksum != number(at + 8 + size)) refuse("is damaged in its chunk at byte ", at);
    const auto is = [type = bytes.subspan(at + 4, 4)](std::string_view name) {
      return std::ranges::equal(type, name);
    };
    if (at == 8 && is("IHDR") && size >= 8) {
      content.columns = number(at + 8);
      content.rows = number(at + 12);
    }
    constexpr std::uint8_t ancillary = 0x20;  // a bit of the type
    if ((bytes[at + 4] & ancillary) == 0 || is("tRNS")) {
      const auto chunk = bytes.subspan(at, frame + size);
      content.file.insert(content.file.end(), chunk.begin(), chunk.end());
    }
    if (is("IDAT")) content.compressed += size;
    if (is("tEXt") && !content.grid) {
      content.grid = read_grid_text({reinterpret_cast<const char*>(bytes.data()) + at + 8, size});
    }
    const bool is_end = is("IEND");
    at += frame + size;
    if (!is_end) continue;
    if (at != bytes.size()) refuse("has bytes after its end chunk, at byte ", at);
    return content;
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

namespace detail {

/// The pixels of a PNG as one grayscale image; see `read_png_gray`.
[[nodiscard]] inline GrayImages gray_pixels(const std::filesystem::path& path,
                                            const PngContent& content,
                                            const PictureLimit& largest) {
  const auto refuse = [&](const auto&... parts) { refuse_png(path, parts...); };
  png_image image{};
  const std::unique_ptr<png_image, decltype(&png_image_free)> owner(&image, &png_image_free);
  image.version = PNG_IMAGE_VERSION;
  const auto require_sound = [&](int is_read) {
    if (is_read == 0 || image.warning_or_error != 0) {
      refuse("is no readable PNG file: ", quoted_text(image.message));
    }
  };
  require_sound(png_image_begin_read_from_memory(&image, content.file.data(), content.file.size()));
  if (std::cmp_greater(image.height, largest.rows) ||
      std::cmp_greater(image.width, largest.columns)) {
    refuse("has ", image.height, "x", image.width, " pixels, expected ", largest.rows, "x",
           largest.columns, " at most");
  }
  const std::size_t size = std::size_t{image.height} * image.width;
  constexpr std::uint64_t most_of_a_byte = 1032;  // https://zlib.net/zlib_tech.html
  if (size / 8 > most_of_a_byte * content.compressed) {
    refuse("has too few bytes for its ", image.height, "x", image.width, " pixels");
  }
  image.format = PNG_FORMAT_RGBA;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // as they are, like 8 bits
  std::vector<std::array<std::uint8_t, 4>> colours(size);
  require_sound(png_image_finish_read(&image, nullptr, colours.data(), 0, nullptr));

  GrayImages gray{1, static_cast<int>(image.height), static_cast<int>(image.width), {}};
  gray.pixels.reserve(size);
  for (const auto& [red, green, blue, alpha] : colours) {
    if (alpha != 255) {
      refuse("is not opaque in row ", gray.pixels.size() / image.width, ", column ",
             gray.pixels.size() % image.width, ": save it without transparency");
    }
    gray.pixels.push_back(static_cast<std::uint8_t>((77 * red + 150 * green + 29 * blue) / 256));
  }
  return gray;
}

/// Throws Error unless the picture has room for its grid, beside which there may be captions, and
/// the grid's images are not larger than `largest`.
inline void check_grid(const std::filesystem::path& path, const PngContent& picture,
                       const PictureGrid& grid, const PictureLimit& largest) {
  const auto& [count, height, width, columns, padding, scale] = grid;
  constexpr int most = 1 << 16;  // so that no product overflows
  const bool are_sizes = count > 0 && height > 0 && width > 0 && columns > 0 && padding >= 0 &&
                         scale > 0 &&
                         std::max({count / columns, height, width, columns, padding, scale}) < most;
  const std::int64_t rows = are_sizes ? (std::int64_t{count} + columns - 1) / columns : 0;
  const auto size = [&](std::int64_t images, int pixels) {
    return (images * (std::int64_t{pixels} + padding) + padding) * scale;
  };
  if (!are_sizes || size(rows, height) > picture.rows || size(columns, width) > picture.columns) {
    refuse_png(path, "says that its images are laid out in another way than its ", picture.rows,
               "x", picture.columns, " pixels are");
  }
  if (height > largest.rows || width > largest.columns) {
    refuse_png(path, "shows images of ", height, "x", width, " pixels, expected ", largest.rows,
               "x", largest.columns, " at most");
  }
}

/// The images of a picture that shows several, for which `check_grid` found room.
[[nodiscard]] inline GrayImages images_of_grid(const GrayImages& picture, const PictureGrid& grid) {
  const auto& [count, height, width, columns, padding, scale] = grid;
  GrayImages images{count, height, width, {}};
  images.pixels.reserve(std::size_t(count) * std::size_t(height) * std::size_t(width));
  for (int image = 0; image < count; ++image) {
    const std::int64_t top = padding + std::int64_t{image / columns} * (height + padding);
    const std::int64_t left = padding + std::int64_t{image % columns} * (width + padding);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const std::int64_t pixel = (top + y) * scale * picture.columns + (left + x) * scale;
        images.pixels.push_back(picture.pixels[static_cast<std::size_t>(pixel)]);
      }
    }
  }
  return images;
}

}  // namespace detail

/// Reads any PNG as one grayscale image, colours by their luma (77 R + 150 G + 29 B) / 256 and 16
/// bits a channel rounded to 8.
///
/// Throws Error that says what is wrong: a damaged file, a picture that is larger than `largest`,
/// before its pixels are decompressed, or one that is not opaque.
[[nodiscard]] inline GrayImages read_png_gray(const std::filesystem::path& path,
                                              const PictureLimit& largest = {}) {
  return detail::gray_pixels(path, detail::essential_chunks(path, read_file(path)), largest);
}

/// Reads the images that a PNG of `image_grid` shows, each as it is there; any other PNG as one
/// image.
///
/// Throws as `read_png_gray`, with `largest` as the limit of each image.
[[nodiscard]] inline GrayImages read_png_images(const std::filesystem::path& path,
                                                const PictureLimit& largest = {}) {
  const auto content = detail::essential_chunks(path, read_file(path));
  if (!content.grid) return detail::gray_pixels(path, content, largest);
  detail::check_grid(path, content, *content.grid, largest);
  return detail::images_of_grid(detail::gray_pixels(path, content, {}), *content.grid);
}

}  // namespace ebm::inline EBM_ABI::io
