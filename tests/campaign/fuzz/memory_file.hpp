// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <span>
#include <string>
#include <vector>

/// The file that a target hands over, in memory: the linker leads calls of open, fstat, lseek, read
/// and close here (`--wrap`, see build), which answer those about this file and pass the others on.
/// A fuzzer that asks the system for each input spends two thirds of its time there.
namespace fuzz {

struct MemoryFile {
  static constexpr int descriptor = 1 << 20;  // more than the system gives
  std::string path;
  std::vector<std::uint8_t> bytes;
  off_t at = 0;
};
inline MemoryFile memory_file;

/// Makes `path`, which is no file of the system, hold the input.
inline void put_in_memory(const std::string& path, std::span<const std::uint8_t> bytes) {
  memory_file.path = path;
  memory_file.bytes.assign(bytes.begin(), bytes.end());
}

}  // namespace fuzz

extern "C" {

int __real_open(const char* path, int flags, ...);
int __real_fstat(int file, struct stat* status);
off_t __real_lseek64(int file, off_t offset, int from);
ssize_t __real_read(int file, void* bytes, std::size_t size);
int __real_close(int file);

int __wrap_open(const char* path, int flags, ...) {
  if (path == fuzz::memory_file.path) {
    fuzz::memory_file.at = 0;
    return fuzz::MemoryFile::descriptor;
  }
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return __real_open(path, flags, mode);
}

int __wrap_fstat(int file, struct stat* status) {
  if (file != fuzz::MemoryFile::descriptor) return __real_fstat(file, status);
  *status = {};
  status->st_mode = S_IFREG | 0600;
  status->st_size = static_cast<off_t>(fuzz::memory_file.bytes.size());
  return 0;
}

off_t __wrap_lseek64(int file, off_t offset, int from) {
  if (file != fuzz::MemoryFile::descriptor) return __real_lseek64(file, offset, from);
  auto& [path, bytes, at] = fuzz::memory_file;
  at = offset + (from == SEEK_CUR ? at : from == SEEK_END ? static_cast<off_t>(bytes.size()) : 0);
  return at;
}

ssize_t __wrap_read(int file, void* to, std::size_t size) {
  if (file != fuzz::MemoryFile::descriptor) return __real_read(file, to, size);
  auto& [path, bytes, at] = fuzz::memory_file;
  const auto left = bytes.size() - std::min(bytes.size(), static_cast<std::size_t>(at));
  const std::size_t count = std::min(size, left);
  if (count > 0) std::memcpy(to, bytes.data() + at, count);
  at += static_cast<off_t>(count);
  return static_cast<ssize_t>(count);
}

int __wrap_close(int file) {
  return file == fuzz::MemoryFile::descriptor ? 0 : __real_close(file);
}
}
