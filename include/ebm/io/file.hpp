// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/quoted.hpp>
#include <exception>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// Files that are read once, from their beginning to their end.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// The sentence of the last failed system call, for example "No space left on device".
[[nodiscard]] inline std::string last_system_error() {
  return std::error_code(errno, std::generic_category()).message();
}

/// Owns an open file; -1 stands for none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() { close(); }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

  /// Leaves the file to the caller.
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

  /// Returns false where the system reports a late failure of an earlier write.
  bool close() noexcept { return !is_open() || ::close(release()) == 0; }

 private:
  int descriptor_;
};

/// A file that is open, and its size, which a pipe has not.
struct OpenFile {
  FileDescriptor file;
  std::optional<std::uint64_t> size;
};

/// Opens a file to read it from its beginning, or a pipe, which is read once.
///
/// Throws Error with the system's reason, and where `path` is a folder or a device.
[[nodiscard]] inline OpenFile open_to_read(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& reason) {
    throw Error(sentence("cannot read ", quoted(path), ": ", reason));
  };
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) fail(last_system_error());
  if (S_ISDIR(status.st_mode)) fail(std::make_error_code(std::errc::is_a_directory).message());
  if (S_ISFIFO(status.st_mode)) return {std::move(file), {}};
  if (!S_ISREG(status.st_mode)) fail("it is a device");
  return {std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace detail

/// The bytes of a file one after the other.
class FileReader {
 public:
  /// Throws Error with the system's reason, and where `path` is a folder or a device. A pipe is
  /// read once.
  explicit FileReader(std::filesystem::path path)
      : path_(std::move(path)), open_(detail::open_to_read(path_)) {}

  /// The size of the file; none for a pipe.
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return open_.size; }

  /// Fills `bytes` and returns how many there were: fewer only at the end of the file.
  [[nodiscard]] std::size_t read(std::span<std::byte> bytes) {
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t count = ::read(open_.file.get(), bytes.data() + filled, bytes.size() - filled);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    return filled;
  }

  /// The next `size` bytes, fewer only at the end of the file.
  ///
  /// Memory follows what the file holds, not what is asked for: a lying header costs nothing.
  /// Throws Error with the system's reason, and where the bytes do not fit in memory.
  [[nodiscard]] std::vector<std::byte> read(std::uint64_t size) {
    constexpr std::uint64_t chunk = 1 << 20;
    std::vector<std::byte> bytes;
    std::uint64_t wanted = std::min(size, open_.size.value_or(chunk));
    for (;;) {
      const std::size_t used = bytes.size();
      try {
        bytes.resize(used + wanted);
      } catch (const std::exception&) {  // a file of holes may be as large as it likes
        throw Error(sentence("cannot read ", quoted(path_), ": its ", used + wanted,
                             " bytes do not fit in memory"));
      }
      const std::size_t got = read(std::span(bytes).subspan(used));
      if (got < wanted) bytes.resize(used + got);
      std::byte next;  // of a pipe, or a file that has grown
      if (got < wanted || bytes.size() == size || read(std::span(&next, 1)) == 0) return bytes;
      bytes.push_back(next);
      wanted = std::min(size - bytes.size(), chunk);
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(sentence("cannot read ", quoted(path_), ": ", detail::last_system_error()));
  }

  std::filesystem::path path_;
  detail::OpenFile open_;
};

/// Returns the bytes of the file at `path`; throws Error as `FileReader`.
[[nodiscard]] inline std::vector<std::byte> read_file(const std::filesystem::path& path) {
  return FileReader(path).read(std::numeric_limits<std::uint64_t>::max());
}

/// The same as text, whatever its encoding.
[[nodiscard]] inline std::string read_text(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ebm::inline EBM_ABI::io
