// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/byte_order.hpp>
#include <ebm/io/crc32c.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

/// TensorFlow's files of records.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// A checksum as record files hold it: not that of the bytes, which may hold checksums themselves.
[[nodiscard]] constexpr std::uint32_t masked_crc32c(std::span<const std::byte> bytes) noexcept {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

}  // namespace detail

/// A new file of records (TFRecord), which others may read while it grows.
///
/// A record: its length in 8 bytes, their masked CRC-32C in 4, the content, its masked CRC-32C.
/// Not for several threads at once.
/// Source: tensorflow/core/lib/io/record_writer.h.
class RecordFile {
 public:
  /// Throws Error with the system's reason, also where there is a file at `path`.
  explicit RecordFile(std::filesystem::path path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0666)) {
    if (!file_.is_open()) fail();
  }
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  /// Writes what is waiting, as far as the system lets it.
  ~RecordFile() { (void)detail::write_bytes(file_, waiting_); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Adds a record at the end, which may wait in memory until the next flush.
  void append(std::span<const std::byte> record) {
    // Before the record is added: where writing fails again and again, memory does not grow.
    constexpr std::size_t most_waiting = std::size_t{1} << 20;
    if (waiting_.size() >= most_waiting) flush();
    const auto start = waiting_.size();
    detail::append_number<std::endian::little>(waiting_, std::uint64_t{record.size()});
    const auto length = std::span<const std::byte>(waiting_).subspan(start);
    detail::append_number<std::endian::little>(waiting_, detail::masked_crc32c(length));
    waiting_.insert(waiting_.end(), record.begin(), record.end());
    detail::append_number<std::endian::little>(waiting_, detail::masked_crc32c(record));
  }

  /// Hands all records to the system, where other processes see them; throws Error with its reason.
  ///
  /// What a full disk refused waits for the next call, which goes on where this one stopped.
  void flush() {
    const auto rest = detail::write_bytes(file_, waiting_);
    const bool is_written = rest.empty();
    const auto written = static_cast<std::ptrdiff_t>(waiting_.size() - rest.size());
    const auto reason = errno;
    waiting_.erase(waiting_.begin(), waiting_.begin() + written);
    errno = reason;
    if (!is_written) fail();
  }

 private:
  [[noreturn]] void fail() const {
    const auto reason = detail::last_system_error();
    throw Error(sentence("cannot write ", quoted(path_), ": ", reason));
  }

  std::filesystem::path path_;
  detail::FileDescriptor file_;
  std::vector<std::byte> waiting_;
};

}  // namespace ebm::inline EBM_ABI::io
