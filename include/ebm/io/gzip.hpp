// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

/// Reading a file that may be gzipped, without asking whether it is.
namespace ebm::inline EBM_ABI::io {

/// A stream of a file's content, decompressed where the file is gzip, as it is where not.
class GzipReader {
 public:
  /// Throws Error with the system's reason, and where `path` is a folder or a device. A pipe is
  /// read once.
  explicit GzipReader(const std::filesystem::path& path) : path_(path) {
    detail::FileDescriptor file = detail::open_to_read(path).file;
    file_.reset(gzdopen(file.get(), "rb"));
    if (!file_) throw std::bad_alloc();
    static_cast<void>(file.release());  // zlib closes it
  }

  /// The next `size` bytes, fewer only at the end; throws Error where the stream is damaged.
  ///
  /// Memory follows what the file holds, not what is asked for: a lying header costs nothing.
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t size) {
    constexpr std::uint64_t chunk = 1 << 20;
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < size) {
      const std::uint64_t used = bytes.size(), wanted = std::min(size - used, chunk);
      bytes.resize(used + wanted);
      const int got = gzread(file_.get(), bytes.data() + used, static_cast<unsigned>(wanted));
      if (std::cmp_equal(got, wanted)) continue;
      throw_if_damaged();
      bytes.resize(used + static_cast<std::uint64_t>(got));
      break;
    }
    return bytes;
  }

 private:
  /// zlib hands out what it could decompress before it says that the rest is missing.
  void throw_if_damaged() const {
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code == Z_ERRNO) fail(detail::last_system_error());
    if (code == Z_BUF_ERROR) fail("its gzip stream is cut off");
    if (code < 0) fail("its gzip stream is damaged");
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(sentence("cannot read ", quoted(path_), ": ", reason));
  }

  struct Close {
    void operator()(gzFile file) const noexcept { gzclose_r(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

}  // namespace ebm::inline EBM_ABI::io
