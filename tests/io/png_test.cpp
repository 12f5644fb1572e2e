// SPDX-License-Identifier: MIT
#include <zlib.h>

#include <cstdint>
#include <ebm/io/png.hpp>
#include <string>
#include <vector>

#include "io/write_raw.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::InvalidArgument;
using ebm::io::Picture;
using ebm::io::quoted;
using ebm::io::read_file;
using ebm::io::read_png_gray;
using ebm::io::write_png;
using Bytes = std::vector<std::uint8_t>;

/// What is said about the file, without the function and the file's name.
std::string complaint(const std::filesystem::path& path) {
  const auto message = message_of<Error>([&] { (void)read_png_gray(path); });
  const auto start = quoted(path) + " ";
  return message.starts_with(start) ? message.substr(start.size()) : message;
}

const Bytes four_indices{0, 0, 1, 2, 255};  // a filter byte, then an index a pixel

Bytes compressed(const Bytes& bytes) {
  Bytes packed(64);
  auto size = static_cast<uLongf>(packed.size());
  REQUIRE(compress(packed.data(), &size, bytes.data(), bytes.size()) == Z_OK);
  packed.resize(size);
  return packed;
}

struct Chunk {
  std::string type;
  Bytes content;
};

/// A file of these chunks and an end, each with its right length and checksum.
Bytes png_of(std::vector<Chunk> chunks) {
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  const auto append = [&](const auto& bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
  };
  const auto append_number = [&](std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      file.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  };
  chunks.push_back({"IEND", {}});
  for (const auto& [type, content] : chunks) {
    append_number(content.size());
    const std::size_t checked = file.size();
    append(type);
    append(content);
    append_number(crc32(0, file.data() + checked, static_cast<uInt>(file.size() - checked)));
  }
  return file;
}

enum Colour : std::uint8_t { gray = 0, rgb = 2, palette = 3, gray_alpha = 4, rgb_alpha = 6 };

/// The first chunk of a picture of 1 x `width` pixels.
Chunk header(std::uint8_t width, std::uint8_t bits, Colour colour) {
  return {"IHDR", {0, 0, 0, width, 0, 0, 0, 1, bits, colour, 0, 0, 0}};
}

/// The chunk of a row of pixels, before which a filter byte stands.
Chunk pixels(Bytes row) {
  row.insert(row.begin(), 0);
  return {"IDAT", compressed(row)};
}

/// A picture of 1 x 4 pixels with a palette.
Bytes palette_png(const Bytes& colours, const Bytes& packed_pixels) {
  return png_of({header(4, 8, palette), {"PLTE", colours}, {"IDAT", packed_pixels}});
}

/// What a file of these bytes holds.
Bytes pixels_of(const Bytes& file) {
  const TemporaryFolder folder;
  write_raw_file(folder / "file.png", std::as_bytes(std::span(file)));
  return read_png_gray(folder / "file.png").pixels;
}

/// What is said about a file of these bytes.
std::string complaint_about(const Bytes& file) {
  const TemporaryFolder folder;
  write_raw_file(folder / "file.png", std::as_bytes(std::span(file)));
  return complaint(folder / "file.png");
}

}  // namespace

TEST_CASE("a gray picture comes back with its sizes and pixels") {
  const TemporaryFolder folder;
  write_png(folder / "gray.png", {2, 3, 1, {0, 50, 100, 150, 200, 255}});
  const auto image = read_png_gray(folder / "gray.png");
  CHECK(image.count == 1);
  CHECK(image.rows == 2);
  CHECK(image.columns == 3);
  CHECK(image.pixels == Bytes{0, 50, 100, 150, 200, 255});
}

TEST_CASE("a coloured picture is read as its luma") {
  const TemporaryFolder folder;
  write_png(folder / "rgb.png", {1, 4, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 90, 90, 90}});
  const auto image = read_png_gray(folder / "rgb.png");
  REQUIRE(image.pixels.size() == 4);
  CHECK(image.pixels[0] == Approx(0.299 * 255).margin(2));
  CHECK(image.pixels[1] == Approx(0.587 * 255).margin(2));
  CHECK(image.pixels[2] == Approx(0.114 * 255).margin(2));
  CHECK(image.pixels[3] == 90);
}

TEST_CASE("a PNG file cut off at any byte is refused") {
  const TemporaryFolder folder;
  write_png(folder / "whole.png", {2, 3, 1, {0, 50, 100, 150, 200, 255}});
  const auto whole = read_file(folder / "whole.png");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_raw_file(folder / "part.png", std::span(whole).first(size));
    CHECK_THROWS_AS(read_png_gray(folder / "part.png"), Error);
  }
  write_raw_file(folder / "part.png", std::span(whole).first(whole.size() - 1));
  CHECK(complaint(folder / "part.png") == ebm::sentence("is cut off at byte ", whole.size() - 1));
}

TEST_CASE("a PNG file with any changed byte is refused, not read as other pixels") {
  const TemporaryFolder folder;
  write_png(folder / "file.png", {2, 3, 1, {0, 50, 100, 150, 200, 255}});
  const auto whole = read_file(folder / "file.png");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] ^= std::byte{0x20};
    write_raw_file(folder / "file.png", changed);
    CHECK_THROWS_AS(read_png_gray(folder / "file.png"), Error);
  }
  auto changed = whole;
  changed[16] ^= std::byte{1};  // the width, in the first chunk
  write_raw_file(folder / "file.png", changed);
  CHECK(complaint(folder / "file.png") == "is damaged in its chunk at byte 8");
}

TEST_CASE("a file that is no PNG, a missing one and a folder are refused") {
  const TemporaryFolder folder;
  write_raw_file(folder / "text.png", std::as_bytes(std::span("not a picture at all")));
  CHECK(complaint(folder / "text.png") == "is no PNG file");
  CHECK(complaint(folder / "missing.png") ==
        "cannot read " + quoted(folder / "missing.png") + ": No such file or directory");
}

TEST_CASE("sound chunks that make no picture are refused with the reason") {
  const TemporaryFolder folder;
  write_png(folder / "file.png", {1, 1, 1, {0}});
  auto bytes = read_file(folder / "file.png");
  bytes[24] = std::byte{3};  // a gray picture of 3 bits, which PNG doesn't know
  const auto* chunk = reinterpret_cast<const Bytef*>(bytes.data()) + 12;
  const auto checksum = crc32(0, chunk, 17);
  for (int i = 0; i < 4; ++i) {
    bytes[static_cast<std::size_t>(29 + i)] = static_cast<std::byte>(checksum >> (24 - 8 * i));
  }
  write_raw_file(folder / "file.png", bytes);
  CHECK(complaint(folder / "file.png").starts_with("is no readable PNG file: "));
}

TEST_CASE("pictures of impossible sizes are not written") {
  const TemporaryFolder folder;
  const auto refusal = [&](const Picture& picture) {
    return message_of<InvalidArgument>([&] { write_png(folder / "file.png", picture); });
  };
  CHECK(refusal({0, 3, 1, {}}) ==
        "encode_png: got 0x3 pixels of 1 channels, expected positive sizes and 1 or 3 channels");
  CHECK(refusal({1, 1, 2, {0, 0}}) ==
        "encode_png: got 1x1 pixels of 2 channels, expected positive sizes and 1 or 3 channels");
  CHECK(refusal({1, 2, 1, {0}}) == "encode_png: got 1 bytes, expected 2");
  CHECK(refusal({50'000, 50'000, 1, {}}) ==
        "encode_png: 50000x50000 pixels are too many for one file");
  CHECK_FALSE(std::filesystem::exists(folder / "file.png"));
}

TEST_CASE("a colour that the palette lacks is black") {
  const auto file = palette_png({200, 200, 200, 90, 90, 90}, compressed(four_indices));
  CHECK(pixels_of(file) == Bytes{200, 90, 0, 0});
}

TEST_CASE("bytes after the end chunk are refused") {
  auto file = palette_png({200, 200, 200}, compressed(four_indices));
  file.push_back(0);
  CHECK(complaint_about(file) ==
        ebm::sentence("has bytes after its end chunk, at byte ", file.size() - 1));
}

TEST_CASE("a palette of half a colour is refused") {
  CHECK(complaint_about(palette_png({200, 200, 200, 90}, compressed(four_indices)))
            .starts_with("is no readable PNG file: 'PLTE: "));
}

TEST_CASE("pixels that decompress to another checksum are refused") {
  Bytes packed = compressed(four_indices);
  packed.back() ^= 1;  // of the checksum in the stream; that of the chunk is right
  CHECK(complaint_about(palette_png({0, 0, 0}, packed)).starts_with("is no readable PNG file: "));
}

TEST_CASE("pixels of one bit and of 16 bits are read as 8") {
  CHECK(pixels_of(png_of({header(4, 1, gray), pixels({0b01010000})})) == Bytes{0, 255, 0, 255});
  CHECK(pixels_of(png_of({header(3, 16, gray), pixels({0x12, 0x12, 0x12, 0xff, 0xff, 0xff})})) ==
        Bytes{0x12, 0x13, 0xff});
}

TEST_CASE("gamma and colour profiles leave the pixels as they are") {
  const Bytes linear{0, 1, 0x86, 0xa0};  // 1.0
  const Chunk row = pixels({10, 100, 200});
  CHECK(pixels_of(png_of({header(3, 8, gray), {"gAMA", linear}, row})) == Bytes{10, 100, 200});
  const Chunk wide = pixels({10, 10, 100, 100, 200, 200});
  CHECK(pixels_of(png_of({header(3, 16, gray), {"gAMA", linear}, wide})) == Bytes{10, 100, 200});
}

TEST_CASE("a picture that is not opaque is refused with the first such pixel") {
  const std::string second = "is not opaque in row 0, column 1: save it without transparency";
  CHECK(complaint_about(png_of({header(2, 8, gray_alpha), pixels({9, 255, 9, 254})})) == second);
  CHECK(complaint_about(png_of(
            {header(2, 8, rgb_alpha), pixels({255, 255, 255, 255, 255, 255, 255, 0})})) == second);
  CHECK(complaint_about(png_of({header(2, 8, gray), {"tRNS", {0, 7}}, pixels({9, 7})})) == second);
  CHECK(complaint_about(png_of({header(2, 8, palette),
                                {"PLTE", {1, 1, 1, 2, 2, 2}},
                                {"tRNS", {255, 0}},
                                pixels({0, 1})})) == second);
}

TEST_CASE("an alpha channel that hides nothing is left out") {
  CHECK(pixels_of(png_of({header(2, 8, gray_alpha), pixels({9, 255, 7, 255})})) == Bytes{9, 7});
}

TEST_CASE("a picture that its bytes can't hold takes no room for its pixels") {
  const TemporaryFolder folder;
  auto file = ebm::io::detail::png_start({8000, 8000, 1, {}});
  ebm::io::detail::append_chunk(file, "IDAT", std::vector<std::uint8_t>(7751));
  ebm::io::detail::append_chunk(file, "IEND");
  write_raw_file(folder / "a.png", std::as_bytes(std::span(file)));
  const auto message = [&] { (void)read_png_gray(folder / "a.png"); };
  CHECK(message_of<Error>(message) ==
        quoted(folder / "a.png") + " has too few bytes for its 8000x8000 pixels");
}

TEST_CASE("a picture larger than its reader wants is refused before its pixels are looked at") {
  const TemporaryFolder folder;
  Chunk huge = header(0, 8, gray);
  huge.content[2] = huge.content[6] = 0x75;  // 29952 x 29953
  const auto no_pixels = png_of({huge, {"IDAT", {0}}});
  CHECK(complaint_about(no_pixels) == "has 29953x29952 pixels, expected 8192x8192 at most");

  const auto path = folder / "file.png";
  write_png(path, {2, 3, 1, Bytes(6)});
  CHECK(read_png_gray(path, {.rows = 2, .columns = 3}).pixels.size() == 6);
  CHECK_THROWS_AS(read_png_gray(path, {.rows = 1, .columns = 3}), Error);
  CHECK(message_of<Error>([&] { (void)read_png_gray(path, {.rows = 2, .columns = 2}); }) ==
        quoted(path) + " has 2x3 pixels, expected 2x2 at most");
}

TEST_CASE("a chunk that nobody knows is shown without control characters") {
  const auto message = complaint_about(png_of({header(1, 8, gray), {"\x1b[7m", {}}, pixels({0})}));
  CHECK(message.starts_with("is no readable PNG file: '"));
  CHECK(message.find('\x1b') == message.npos);
}
