// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Files that are written all or not at all.
namespace ebm::inline EBM_ABI::io {

namespace detail {

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

/// What a file is called while it is written; not after its target, whose name may be as long as
/// the file system allows.
[[nodiscard]] inline std::string temporary_name(::pid_t writer, int attempt) {
  return sentence(".ebm-", writer, "-", attempt, ".tmp");
}

/// The process that writes, or wrote, a file of that name; 0 for a name of another kind.
[[nodiscard]] inline ::pid_t writer_of(const std::string& name) {
  int writer = 0, attempt = 0;
  const bool is_read = std::sscanf(name.c_str(), ".ebm-%9d-%9d", &writer, &attempt) == 2;
  return is_read && writer > 0 && name == temporary_name(writer, attempt) ? writer : 0;
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
  int create() {
    for (int attempt = 0;; ++attempt) {
      const auto path = target_.parent_path() / temporary_name(::getpid(), attempt);
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

/// Removes a file, if it is there; throws Error with the system's reason.
inline void remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  throw Error(sentence("cannot remove ", quoted(path), ": ", detail::last_system_error()));
}

/// Removes what processes that were killed in the middle of a write have left in `folder`, if there
/// is such a folder.
///
/// Call it before this process writes there: what has this process's number is a leftover too.
/// Throws Error where the system refuses.
inline void remove_broken_writes(const std::filesystem::path& folder) {
  std::error_code failure;
  if (!std::filesystem::is_directory(folder, failure)) return;
  std::vector<std::filesystem::path> broken;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const ::pid_t writer = detail::writer_of(entry.path().filename().string());
    const bool is_over = writer == ::getpid() || (::kill(writer, 0) != 0 && errno == ESRCH);
    std::error_code unknown;
    if (writer > 0 && is_over && !entry.is_directory(unknown)) broken.push_back(entry.path());
  }
  for (const auto& file : broken) remove_file(file);
}

}  // namespace ebm::inline EBM_ABI::io
