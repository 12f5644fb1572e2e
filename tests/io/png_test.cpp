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
  const auto start = "read_png: " + quoted(path) + " ";
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

/// A picture of 1 x 4 pixels with a palette, every chunk with its right length and checksum.
Bytes palette_png(const Bytes& palette, const Bytes& packed_pixels) {
  const auto number = [](std::size_t value) {
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return bytes;
  };
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  const auto add_chunk = [&](const char* type, const Bytes& content) {
    Bytes checked(type, type + 4);
    checked.insert(checked.end(), content.begin(), content.end());
    const auto size = number(content.size());
    const auto checksum = number(crc32(0, checked.data(), static_cast<uInt>(checked.size())));
    for (const auto& part : {size, checked, checksum}) {
      file.insert(file.end(), part.begin(), part.end());
    }
  };
  add_chunk("IHDR", {0, 0, 0, 4, 0, 0, 0, 1, 8, 3, 0, 0, 0});
  add_chunk("PLTE", palette);
  add_chunk("IDAT", packed_pixels);
  add_chunk("IEND", {});
  return file;
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
        "read_file: cannot read " + quoted(folder / "missing.png") + ": No such file or directory");
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
  const TemporaryFolder folder;
  auto file = palette_png({200, 200, 200, 90, 90, 90}, compressed(four_indices));
  write_raw_file(folder / "file.png", std::as_bytes(std::span(file)));
  CHECK(read_png_gray(folder / "file.png").pixels == Bytes{200, 90, 0, 0});

  file.push_back(0);
  write_raw_file(folder / "file.png", std::as_bytes(std::span(file)));
  CHECK(complaint(folder / "file.png") ==
        ebm::sentence("has bytes behind its end chunk, at byte ", file.size() - 1));
}

TEST_CASE("a palette of half a colour is refused") {
  const TemporaryFolder folder;
  const auto file = palette_png({200, 200, 200, 90}, compressed(four_indices));
  write_raw_file(folder / "file.png", std::as_bytes(std::span(file)));
  CHECK(complaint(folder / "file.png") ==
        "has a palette of 4 bytes, expected three a colour and 768 at most");
}

TEST_CASE("pixels that decompress to another checksum are refused") {
  const TemporaryFolder folder;
  Bytes packed = compressed(four_indices);
  packed.back() ^= 1;  // of the checksum in the stream; that of the chunk is right
  const auto file = palette_png({0, 0, 0}, packed);
  write_raw_file(folder / "file.png", std::as_bytes(std::span(file)));
  CHECK(complaint(folder / "file.png") == "is damaged in its compressed pixels");
}
