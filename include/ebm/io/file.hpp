// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/io/utf8.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Whole files, read at once and written all or not at all.
namespace ebm::inline EBM_ABI::io {

/// Text from outside as messages show it: short, in UTF-8, and without control characters.
[[nodiscard]] inline std::string quoted_text(std::string_view text) {
  constexpr std::size_t most = 300;
  std::string result = "'";
  while (!text.empty() && result.size() <= most) {
    const std::size_t length = utf8_character(text);
    const bool is_control = static_cast<unsigned char>(text.front()) < 0x20 || text.front() == 0x7f;
    result += length == 0 || is_control ? "?" : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result + (text.empty() ? "'" : "...'");
}

/// A path as messages show it.
[[nodiscard]] inline std::string quoted(const std::filesystem::path& path) {
  return quoted_text(path.native());
}

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
  ~FileDescriptor() { close(); }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

  /// Returns false where the system reports a late failure of an earlier write.
  bool close() noexcept {
    const bool closed = !is_open() || ::close(descriptor_) == 0;
    descriptor_ = -1;
    return closed;
  }

 private:
  int descriptor_;
};

/// Writes `bytes` and returns what could not be written: nothing, unless the system refused it.
[[nodiscard]] inline std::span<const std::byte> write_bytes(
    const FileDescriptor& file, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return bytes;
}

/// A new file beside `target` that becomes `target`, or is removed again by the destructor.
class TemporarySibling {
 public:
  explicit TemporarySibling(std::filesystem::path target)
      : target_(std::move(target)), file_(create()) {
    if (!file_.is_open()) fail();
  }
  TemporarySibling(const TemporarySibling&) = delete;
  TemporarySibling& operator=(const TemporarySibling&) = delete;
  ~TemporarySibling() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    if (!write_bytes(file_, bytes).empty()) fail();
  }

  /// Gives the file the permissions of the one that it replaces.
  void copy_permissions() const {
    struct stat old;
    if (::stat(target_.c_str(), &old) == 0 && ::fchmod(file_.get(), old.st_mode & 07777) != 0) {
      fail();
    }
  }

  /// The data reaches the disk before the name does: a crash leaves the old file or the new one.
  void become_target() {
    if (::fsync(file_.get()) != 0 || !file_.close()) fail();
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail();
    path_.clear();
  }

 private:
  /// Not named after the target, whose name may be as long as the file system allows.
  int create() {
    for (int attempt = 0;; ++attempt) {
      const auto name = sentence(".ebm-", ::getpid(), "-", attempt, ".tmp");
      const auto path = target_.parent_path() / name;
      const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
      if (descriptor >= 0) path_ = path;
      if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
  }

  [[noreturn]] void fail() const {
    throw Error(sentence("cannot write ", quoted(target_), ": ", last_system_error()));
  }

  std::filesystem::path target_;
  std::filesystem::path path_;  // before file_, whose initialisation sets it
  FileDescriptor file_;
};

/// The file that a write to `path` replaces: links are followed, what is no file is refused.
[[nodiscard]] inline std::filesystem::path file_to_replace(const std::filesystem::path& path,
                                                           int links = 0) {
  std::error_code ignored;  // whatever can't be asked for fails with its reason when written
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw Error(sentence("cannot write ", quoted(path), ": there is no folder ", quoted(folder)));
  }
  if (!std::filesystem::exists(path, ignored)) {
    if (!std::filesystem::is_symlink(path, ignored)) return path;
    constexpr int most_links = 40;  // Linux's own limit
    if (links == most_links) {
      throw Error(sentence("cannot write ", quoted(path), ": too many links"));
    }
    return file_to_replace(folder / std::filesystem::read_symlink(path), links + 1);
  }
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw Error(sentence("cannot write ", quoted(path), ": it is no regular file"));
  }
  return std::filesystem::canonical(path);
}

}  // namespace detail

/// Returns the bytes of the file at `path`; throws Error with the system's reason.
[[nodiscard]] inline std::vector<std::byte> read_file(const std::filesystem::path& path) {
  const auto fail = [&] {
    throw Error(sentence("cannot read ", quoted(path), ": ", detail::last_system_error()));
  };
  const detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) fail();
  std::vector<std::byte> bytes;
  std::array<std::byte, 1 << 16> block;
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    if (count == 0) return bytes;
    bytes.insert(bytes.end(), block.begin(), block.begin() + count);
  }
}

/// The same as text, whatever its encoding.
[[nodiscard]] inline std::string read_text(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Makes `path` hold exactly `bytes`, with the permissions of a file that was there; on failure
/// throws Error and leaves what was there before.
///
/// pieces: one after the other
inline void write_file_atomically(const std::filesystem::path& path,
                                  std::span<const std::span<const std::byte>> pieces) {
  detail::TemporarySibling file(detail::file_to_replace(path));
  file.copy_permissions();
  for (const std::span<const std::byte> piece : pieces) file.write(piece);
  file.become_target();
}

/// The same for one piece.
inline void write_file_atomically(const std::filesystem::path& path,
                                  std::span<const std::byte> bytes) {
  write_file_atomically(path, std::span(&bytes, 1));
}

/// The same for text.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

/// Writes `text` after the end of the file at `path`; false if there is none.
///
/// Throws Error with the system's reason, and leaves the file as it was. The text reaches the disk
/// when the system likes.
[[nodiscard]] inline bool append_text(const std::filesystem::path& path, std::string_view text) {
  const detail::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return false;
  const off_t end = file.is_open() ? ::lseek(file.get(), 0, SEEK_END) : -1;
  if (end >= 0 && detail::write_bytes(file, std::as_bytes(std::span(text))).empty()) return true;
  const std::string reason = detail::last_system_error();
  if (end >= 0 && ::ftruncate(file.get(), end) != 0) {
    throw Error(sentence(quoted(path), " ends with a line cut short: ", reason));
  }
  throw Error(sentence("cannot write ", quoted(path), ": ", reason));
}

/// Throws Error unless a new file can be made beside `path`, and `path` is none or a file that it
/// could replace; leaves what is there.
///
/// For programs that work for long before they write. It does not see whether another user's file
/// in a folder like /tmp may be replaced.
inline void require_writable(const std::filesystem::path& path) {
  const detail::TemporarySibling attempt(detail::file_to_replace(path));
}

}  // namespace ebm::inline EBM_ABI::io
