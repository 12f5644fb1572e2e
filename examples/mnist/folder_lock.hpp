// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <ebm/io/file.hpp>
#include <filesystem>

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Keeps other processes from training in a folder; ends with this process, however it ends.
class FolderLock {
 public:
  /// Throws `ebm::Error` if another process has the lock. Where the file system knows no locks
  /// there is none.
  explicit FolderLock(const std::filesystem::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
      return;
    }
    ::close(descriptor_);
    throw ebm::Error(
        ebm::sentence("train: another process trains in ", ebm::io::quoted(folder), " now"));
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
