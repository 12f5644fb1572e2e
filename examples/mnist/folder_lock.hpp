// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace ebm_mnist {

/// Keeps other processes from writing to a run's folder; ends with this process, however it ends.
class FolderLock {
 public:
  /// Where the file system knows no locks nobody has one: neither `is_held` nor `is_another`.
  explicit FolderLock(const std::filesystem::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    int failed = 0;
    do {
      failed = descriptor_ >= 0 ? ::flock(descriptor_, LOCK_EX | LOCK_NB) : 0;
    } while (failed != 0 && errno == EINTR);
    is_another_ = failed != 0 && errno == EWOULDBLOCK;
    is_held_ = descriptor_ >= 0 && failed == 0;
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// Whether this process has the lock for sure.
  [[nodiscard]] bool is_held() const { return is_held_; }

  /// Whether another process has the lock.
  [[nodiscard]] bool is_another() const { return is_another_; }

 private:
  int descriptor_;
  bool is_another_ = false, is_held_ = false;
};

}  // namespace ebm_mnist
