// SPDX-License-Identifier: MIT
#include <cstdint>
#include <ebm/io/gzip.hpp>
#include <vector>

#include "io/write_raw.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::io::GzipReader;
using ebm::io::quoted;
using ebm::io::read_file;

/// Bytes that a compressor can't make small, so cutting the file off cuts them off.
std::vector<std::uint8_t> noise(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  std::uint32_t state = 1;
  for (auto& byte : bytes)
    byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

/// What is said when the file's content is read to its end.
std::string complaint(const std::filesystem::path& path) {
  const auto message = message_of<Error>([&] { (void)GzipReader(path).read(1u << 30); });
  const auto start = "cannot read " + quoted(path) + ": ";
  return message.starts_with(start) ? message.substr(start.size()) : message;
}

}  // namespace

TEST_CASE("a gzipped file and a plain one give the same bytes") {
  const TemporaryFolder folder;
  const auto bytes = noise(3'000'000);
  write_gzip_file(folder / "file.gz", bytes);
  write_raw_file(folder / "file", std::as_bytes(std::span(bytes)));
  CHECK(GzipReader(folder / "file.gz").read(bytes.size()) == bytes);
  CHECK(GzipReader(folder / "file").read(bytes.size()) == bytes);
}

TEST_CASE("reads go on where the last one ended, and the one at the end is short") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "file.gz", std::vector<std::uint8_t>{1, 2, 3, 4, 5});
  GzipReader file(folder / "file.gz");
  CHECK(file.read(2) == std::vector<std::uint8_t>{1, 2});
  CHECK(file.read(9) == std::vector<std::uint8_t>{3, 4, 5});
  CHECK(file.read(1).empty());
}

TEST_CASE("asking a small file for a petabyte costs no more than the file") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "file.gz", std::vector<std::uint8_t>{1, 2, 3});
  const auto bytes = GzipReader(folder / "file.gz").read(std::uint64_t{1} << 50);
  CHECK(bytes.size() == 3);
  CHECK(bytes.capacity() <= 1u << 20);
}

TEST_CASE("a gzip stream that is cut off anywhere is refused") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "whole.gz", noise(1000));
  const auto whole = read_file(folder / "whole.gz");
  // Below 18 bytes, the header and the trailer, there is no content that could be given out.
  for (std::size_t size = 18; size < whole.size(); ++size) {
    write_raw_file(folder / "part.gz", std::span(whole).first(size));
    CHECK(complaint(folder / "part.gz") == "its gzip stream is cut off");
  }
}

TEST_CASE("a gzip stream with a changed byte is refused") {
  const TemporaryFolder folder;
  write_gzip_file(folder / "file.gz", noise(1000));
  auto bytes = read_file(folder / "file.gz");
  bytes[bytes.size() / 2] ^= std::byte{1};
  write_raw_file(folder / "file.gz", bytes);
  CHECK(complaint(folder / "file.gz") == "its gzip stream is damaged");
}

TEST_CASE("a file that can't be opened or read is reported with the system's reason") {
  const TemporaryFolder folder;
  CHECK(complaint(folder / "missing") == "No such file or directory");
  CHECK(complaint(folder.path()) == "Is a directory");
}
