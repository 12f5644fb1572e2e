// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/file_size_limit.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::io::quoted;
using ebm::io::read_file;
using ebm::io::require_writable;
using ebm::io::write_file_atomically;

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  std::string text(bytes.size(), '\0');
  std::ranges::transform(bytes, text.begin(), [](std::byte b) { return static_cast<char>(b); });
  return text;
}

auto files_in(const TemporaryFolder& folder) {
  using Iterator = std::filesystem::directory_iterator;
  return std::distance(Iterator(folder.path()), Iterator());
}

}  // namespace

TEST_CASE("quoted text is short, printable UTF-8, whatever it quotes") {
  using ebm::io::quoted_text;
  CHECK(quoted_text("a\tb\xff\u00e9") == "'a?b?\u00e9'");
  CHECK(quoted_text("\u0080 \u009b \u00a0") ==
        "'? ? \u00a0'");  // C1: U+009B begins what steers a terminal
  std::string many;
  for (int i = 0; i < 200; ++i) many += "\u00e9";
  const std::string quoted = quoted_text(many);
  CHECK(ebm::io::is_utf8(quoted));
  CHECK(quoted.ends_with("\u00e9...'"));
  CHECK(quoted_text(many.substr(0, 300)).size() == 302);
  CHECK(ebm::io::printable(many) == many);
  CHECK(ebm::io::printable("one\tof {two}") == "one?of {two}");
}

TEST_CASE("what is written to a file is read back, every byte of it") {
  const TemporaryFolder folder;
  std::vector<std::byte> bytes(200'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i >> 3);
  write_file_atomically(folder / "bytes", bytes);
  CHECK(read_file(folder / "bytes") == bytes);
}

TEST_CASE("an empty file is written and read as empty") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "empty", "");
  CHECK(std::filesystem::exists(folder / "empty"));
  CHECK(read_file(folder / "empty").empty());
}

TEST_CASE("a file is read into memory of its own size") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0u, 1u, 1000u, (3u << 20) + 1}) {
    write_file_atomically(folder / "file", std::vector<std::byte>(size));
    const auto bytes = read_file(folder / "file");
    CHECK(bytes.size() == size);
    CHECK(bytes.capacity() == size);
  }
}

TEST_CASE("a file of holes that is larger than memory is an error") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", std::string_view());
  std::filesystem::resize_file(folder / "file", std::uintmax_t{1} << 42);
  CHECK(message_of<Error>([&] { (void)read_file(folder / "file"); }) ==
        "cannot read " + quoted(folder / "file") +
            ": its 4398046511104 bytes do not fit in memory");
}

TEST_CASE("a pipe is read to its end") {
  const TemporaryFolder folder;
  const auto path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  for (const std::size_t size : {0u, 1u << 20, (2u << 20) + 5}) {
    std::vector<std::byte> sent(size);
    for (std::size_t i = 0; i < size; ++i) sent[i] = static_cast<std::byte>(i % 251);
    std::thread writer([&] {
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(sent.data()), static_cast<std::streamsize>(size));
    });
    const auto received = read_file(path);
    writer.join();
    CHECK(received == sent);
  }
}

TEST_CASE("text is read back as it was written") {
  const TemporaryFolder folder;
  const std::string text = "one\ntwo\xff\r\n";
  write_file_atomically(folder / "text", text);
  CHECK(ebm::io::read_text(folder / "text") == text);
}

TEST_CASE("writing replaces what a file held, longer or shorter") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "a long text");
  write_file_atomically(folder / "file", "short");
  CHECK(text_of(folder / "file") == "short");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("writing through a symbolic link replaces the file that it names") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  std::filesystem::create_symlink(folder / "file", folder / "link");
  write_file_atomically(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(text_of(folder / "file") == "new");
}

TEST_CASE("writing through a link to nothing makes the file that it names") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("file", folder / "link");  // beside the link, not the process
  write_file_atomically(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(text_of(folder / "file") == "new");
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK_THROWS_AS(write_file_atomically(folder / "loop", "new"), Error);
}

TEST_CASE("a file name as long as the file system allows can be written") {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file_atomically(folder / name, "text");
  CHECK(text_of(folder / name) == "text");
}

TEST_CASE("two writers in one process get temporary files of different names") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  ebm::io::detail::TemporarySibling first(folder / "file"), second(folder / "file");
  CHECK(files_in(folder) == 3);
}

TEST_CASE("a write that fails half-way leaves the old file and nothing else") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  write_file_atomically(path, "old");
  const std::string much(100'000, 'x');
  const auto message = [&] {
    const FileSizeLimit limit(10'000);
    return message_of<Error>([&] { write_file_atomically(path, much); });
  }();
  CHECK(message == "cannot write " + quoted(path) + ": File too large");
  CHECK(text_of(path) == "old");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("writing into a folder that does not exist names the folder") {
  const TemporaryFolder folder;
  const auto path = folder / "missing" / "file";
  CHECK(message_of<Error>([&] { write_file_atomically(path, "text"); }) ==
        "cannot write " + quoted(path) + ": there is no folder " + quoted(folder / "missing"));
  CHECK(files_in(folder) == 0);
}

TEST_CASE("writing over a folder or a device is refused and leaves it as it is") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "sub");
  for (const auto& path : {folder / "sub", std::filesystem::path("/dev/null")}) {
    CHECK(message_of<Error>([&] { write_file_atomically(path, "text"); }) ==
          "cannot write " + quoted(path) + ": it is no regular file");
  }
  CHECK(std::filesystem::is_directory(folder / "sub"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK(files_in(folder) == 1);
}

TEST_CASE("a file name that the system refuses leaves no temporary file") {
  const TemporaryFolder folder;
  const auto path = folder / std::string(256, 'n');
  CHECK(message_of<Error>([&] { write_file_atomically(path, "text"); }) ==
        "cannot write " + quoted(path) + ": File name too long");
  CHECK(files_in(folder) == 0);
}

TEST_CASE("reading a missing file says so and names it") {
  const TemporaryFolder folder;
  CHECK(message_of<Error>([&] { (void)read_file(folder / "missing"); }) ==
        "cannot read " + quoted(folder / "missing") + ": No such file or directory");
}

TEST_CASE("reading a folder as a file says that it is one") {
  const TemporaryFolder folder;
  CHECK(message_of<Error>([&] { (void)read_file(folder.path()); }) ==
        "cannot read " + quoted(folder.path()) + ": Is a directory");
}

TEST_CASE("whether a file can be written is told beforehand, and nothing is changed") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "old", "old");
  require_writable(folder / "old");
  require_writable(folder / "new");
  CHECK(text_of(folder / "old") == "old");
  CHECK(files_in(folder) == 1);
  CHECK(message_of<Error>([&] { require_writable(folder / "none" / "new"); }) ==
        "cannot write " + quoted(folder / "none" / "new") + ": there is no folder " +
            quoted(folder / "none"));
  CHECK(message_of<Error>([&] { require_writable(folder.path()); }) ==
        "cannot write " + quoted(folder.path()) + ": it is no regular file");
}

TEST_CASE("a file keeps its permissions when it is replaced") {
  using std::filesystem::perms;
  const TemporaryFolder folder;
  const auto path = folder / "file";
  ebm::io::write_file_atomically(path, "old");
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
  ebm::io::write_file_atomically(path, "new");
  CHECK(std::filesystem::status(path).permissions() == (perms::owner_read | perms::owner_write));
}
