// SPDX-License-Identifier: MIT
#include <cstdint>
#include <ebm/io/idx.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "io/write_raw.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::InvalidArgument;
using ebm::io::GrayImages;
using ebm::io::quoted;
using ebm::io::read_idx_images;
using ebm::io::read_idx_labels;
using Bytes = std::vector<std::uint8_t>;

/// Two images of 1x3.
const Bytes two_images{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 11, 12, 20, 21, 22};
const Bytes three_labels{0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9};

constexpr auto read_any_images = [](const std::filesystem::path& path) {
  return read_idx_images(path);
};

/// What is said about the file of these bytes, gzipped, without the function and the file's name.
template <class Read>
std::string complaint(const Bytes& bytes, Read read) {
  const TemporaryFolder folder;
  const auto path = folder / "file.gz";
  write_gzip_file(path, bytes);
  const auto message = message_of<Error>([&] { (void)read(path); });
  const auto start = quoted(path) + " ";
  return message.starts_with(start) ? message.substr(start.size()) : message;
}

Bytes with(Bytes bytes, std::size_t at, std::initializer_list<std::uint8_t> replacement) {
  std::ranges::copy(replacement, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

}  // namespace

TEST_CASE("images that are too large are refused by their header, however little follows") {
  const auto up_to = [](int rows, int columns) {
    return [=](const std::filesystem::path& path) {
      return read_idx_images(path, {.rows = rows, .columns = columns});
    };
  };
  const Bytes header(two_images.begin(), two_images.begin() + 16);
  CHECK(complaint(header, up_to(1, 2)) == "holds images of 1x3 pixels, expected 1x2 at most");
  CHECK(complaint(header, up_to(0, 3)) == "holds images of 1x3 pixels, expected 0x3 at most");
  CHECK(complaint(two_images, up_to(1, 3)) == "(nothing was thrown)");
}

TEST_CASE("images are read with their sizes, gzipped or not") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "file.gz", two_images);
  write_raw_file(folder / "file", std::as_bytes(std::span(two_images)));
  for (const auto& path : {folder / "file.gz", folder / "file"}) {
    const auto images = read_idx_images(path);
    CHECK(images.count == 2);
    CHECK(images.rows == 1);
    CHECK(images.columns == 3);
    CHECK(images.pixels == Bytes{10, 11, 12, 20, 21, 22});
  }
}

TEST_CASE("labels are read in order") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "file.gz", three_labels);
  CHECK(read_idx_labels(folder / "file.gz") == Bytes{7, 0, 9});
}

TEST_CASE("written images and labels have the bytes that the format describes") {
  const TemporaryFolder folder;
  ebm::io::write_idx_images(folder / "images", {2, 1, 3, {10, 11, 12, 20, 21, 22}});
  ebm::io::write_idx_labels(folder / "labels", Bytes{7, 0, 9});
  const auto bytes = [&](const char* name) {
    Bytes content;
    for (const auto byte : ebm::io::read_file(folder / name)) {
      content.push_back(static_cast<std::uint8_t>(byte));
    }
    return content;
  };
  CHECK(bytes("images") == two_images);
  CHECK(bytes("labels") == three_labels);
}

TEST_CASE("a file of no images is valid") {
  const TemporaryFolder folder;
  ebm::io::write_idx_images(folder / "images", {0, 28, 28, {}});
  const auto images = read_idx_images(folder / "images");
  CHECK(images.count == 0);
  CHECK(images.rows == 28);
  CHECK(images.pixels.empty());
}

TEST_CASE("sizes are read as big-endian numbers of four bytes") {
  const TemporaryFolder folder;
  ebm::io::write_idx_images(folder / "images", {1, 3, 70'000, Bytes(210'000, 5)});
  const auto images = read_idx_images(folder / "images");
  CHECK(images.rows == 3);
  CHECK(images.columns == 70'000);
}

TEST_CASE("a missing IDX file is reported by its name") {
  CHECK(message_of<Error>([] { (void)read_idx_images("no/such.gz"); }) ==
        "cannot read 'no/such.gz': No such file or directory");
}

TEST_CASE("a file that does not begin as IDX is refused with what it begins with") {
  CHECK(complaint({'P', 'K', 3, 4, 5}, read_any_images) ==
        "begins with 0x504b0304, expected 0x00000803 of an IDX file of images");
  CHECK(complaint({}, read_any_images) == "has 0 bytes and is no IDX file");
  CHECK(complaint({0, 0, 8}, read_any_images) == "has 3 bytes and is no IDX file");
}

TEST_CASE("labels in place of images are refused, and images in place of labels") {
  CHECK(complaint(three_labels, read_any_images) ==
        "begins with 0x00000801, expected 0x00000803 of an IDX file of images");
  CHECK(complaint(two_images, read_idx_labels) ==
        "begins with 0x00000803, expected 0x00000801 of an IDX file of labels");
}

TEST_CASE("IDX elements other than unsigned bytes are refused") {
  CHECK(complaint(with(two_images, 2, {0x0d}), read_any_images) ==
        "begins with 0x00000d03, expected 0x00000803 of an IDX file of images");
}

TEST_CASE("a file that ends inside its header is refused with both sizes") {
  CHECK(complaint({0, 0, 8, 3, 0, 0}, read_any_images) ==
        "ends inside its header, after 6 of 16 bytes");
  CHECK(complaint({0, 0, 8, 1}, read_idx_labels) == "ends inside its header, after 4 of 8 bytes");
}

TEST_CASE("a file with fewer images than its header says is refused with both numbers") {
  auto bytes = two_images;
  bytes.pop_back();
  CHECK(complaint(bytes, read_any_images) == "holds 1 images, its header says 2");
  CHECK(complaint(with(two_images, 4, {0, 0, 0xea, 0x60}), read_any_images) ==
        "holds 2 images, its header says 60000");
}

TEST_CASE("a file that goes on after its images is refused") {
  auto bytes = two_images;
  bytes.push_back(0);
  CHECK(complaint(bytes, read_any_images) == "goes on after the 2 images that its header says");
}

TEST_CASE("sizes that no file has are refused, even where their product overflows to a small one") {
  CHECK(complaint(with(two_images, 4, {0xff, 0xff, 0xff, 0xff}), read_any_images) ==
        "claims a size of 4294967295 in dimension 0, more than a file can hold");
  const std::initializer_list<std::uint8_t> huge{0x40, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0, 0, 0};
  CHECK(complaint(with(two_images, 4, huge), read_any_images) ==
        "claims a size of 1073741824 in dimension 1, more than a file can hold");
  CHECK(complaint(with(two_images, 8, {0, 0, 0, 0}), read_any_images) ==
        "claims images without pixels");
}

TEST_CASE("a damaged gzip file of images is refused, not read as other images") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "file.gz", two_images);
  auto bytes = ebm::io::read_file(folder / "file.gz");
  bytes[bytes.size() - 5] ^= std::byte{1};  // in the checksum, after the last pixel
  write_raw_file(folder / "file.gz", bytes);
  CHECK(message_of<Error>([&] { (void)read_idx_images(folder / "file.gz"); }) ==
        "cannot read " + quoted(folder / "file.gz") + ": its gzip stream is damaged");
}

TEST_CASE("images whose pixels don't match their sizes are not written") {
  const TemporaryFolder folder;
  CHECK(message_of<InvalidArgument>([&] {
          ebm::io::write_idx_images(folder / "images", {2, 1, 3, {0, 1, 2}});
        }) == "GrayImages: 2 images of 1x3 have 3 pixels, expected 6");
  CHECK_FALSE(std::filesystem::exists(folder / "images"));
}
