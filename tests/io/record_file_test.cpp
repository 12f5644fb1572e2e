// SPDX-License-Identifier: MIT
#include <cstddef>
#include <ebm/io/record_file.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/file_size_limit.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::io::quoted;
using ebm::io::read_file;
using ebm::io::RecordFile;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::vector<std::byte> bytes_of_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// The content of the records of a file, whose checksums are right.
std::vector<std::string> records_of(const std::filesystem::path& path) {
  const auto file = read_file(path);
  std::vector<std::string> records;
  const auto number = [&](std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    while (size-- > 0) value = value << 8 | std::to_integer<std::uint64_t>(file.at(at + size));
    return value;
  };
  for (std::size_t at = 0; at < file.size();) {
    const auto length = number(at, 8);
    const auto content = std::span(file).subspan(at + 12, length);
    CHECK(number(at + 8, 4) == ebm::io::detail::masked_crc32c(std::span(file).subspan(at, 8)));
    CHECK(number(at + 12 + length, 4) == ebm::io::detail::masked_crc32c(content));
    records.emplace_back(reinterpret_cast<const char*>(content.data()), content.size());
    at += length + 16;
  }
  return records;
}

}  // namespace

TEST_CASE("a record is its length, its content and their masked checksums") {
  const TemporaryFolder folder;
  RecordFile file(folder / "records");
  file.append(bytes_of("brain.Event:2"));
  file.flush();
  // By tensorboard 2.21's RecordWriter.
  const auto expected = bytes_of_hex("0d000000000000003c37b834627261696e2e4576656e743a32ee01067c");
  CHECK(read_file(folder / "records") == expected);
}

TEST_CASE("records wait for a flush or for the end of the file's object") {
  const TemporaryFolder folder;
  const auto path = folder / "records";
  {
    RecordFile file(path);
    CHECK(file.path() == path);
    file.append(bytes_of("one"));
    CHECK(records_of(path).empty());
    file.flush();
    CHECK(records_of(path) == std::vector<std::string>{"one"});
    file.append(bytes_of(""));
  }
  CHECK(records_of(path) == std::vector<std::string>{"one", ""});
}

TEST_CASE("what waits is written without a flush when it becomes much") {
  const TemporaryFolder folder;
  RecordFile file(folder / "records");
  const std::string record(100'000, 'x');
  for (int i = 0; i < 12; ++i) file.append(bytes_of(record));
  CHECK(std::filesystem::file_size(folder / "records") > 1'000'000);
}

TEST_CASE("a full disk is an error once a call, and later records follow without a gap") {
  const TemporaryFolder folder;
  const auto path = folder / "records";
  RecordFile file(path);
  const std::string record(1'000, 'x');
  file.append(bytes_of(record));
  file.append(bytes_of("last"));
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto message = [&] {
      const FileSizeLimit limit(600);
      return message_of<Error>([&] { file.flush(); });
    }();
    CHECK(message == "cannot write " + quoted(path) + ": File too large");
    CHECK(std::filesystem::file_size(path) == 600);
  }
  file.flush();
  CHECK(records_of(path) == std::vector<std::string>{record, "last"});
}

TEST_CASE("while the disk is full, records don't pile up in memory") {
  const TemporaryFolder folder;
  RecordFile file(folder / "records");
  const std::string record(300'000, 'x');
  {
    const FileSizeLimit limit(0);
    for (int i = 0; i < 4; ++i) file.append(bytes_of(record));
    for (int i = 0; i < 4; ++i) CHECK_THROWS_AS(file.append(bytes_of(record)), Error);
  }
  file.flush();
  CHECK(records_of(folder / "records").size() == 4);
}

TEST_CASE("a record file never goes on in a file that is there, or where there can't be one") {
  const TemporaryFolder folder;
  const RecordFile first(folder / "records");
  CHECK(message_of<Error>([&] { RecordFile second(first.path()); }) ==
        "cannot write " + quoted(first.path()) + ": File exists");
  CHECK(message_of<Error>([&] { RecordFile file(folder / "none" / "records"); }) ==
        "cannot write " + quoted(folder / "none" / "records") + ": No such file or directory");
}
