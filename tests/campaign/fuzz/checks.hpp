// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ebm/core/error.hpp>
#include <ebm/io/crc32c.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/utf8.hpp>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What every target asks of a reader, and how it hands inputs over.
namespace fuzz {

using Bytes = std::vector<std::uint8_t>;

/// Ends the process, which libFuzzer reports together with the input, unless `condition` holds.
inline void expect(bool condition, const char* claim) {
  if (condition) return;
  std::fprintf(stderr, "FINDING: it does not hold that %s\n", claim);
  std::abort();
}

/// Ends the process unless a terminal can show the message: UTF-8 without control characters.
inline void expect_printable(std::string_view message) {
  for (std::string_view rest = message; !rest.empty();) {
    const std::size_t length = ebm::io::utf8_character(rest);
    if (length == 0 || ebm::io::detail::is_control(rest.substr(0, length))) {
      std::fprintf(stderr, "FINDING: a message with raw bytes of the input: %.*s\n",
                   static_cast<int>(message.size()), message.data());
      std::abort();
    }
    rest.remove_prefix(length);
  }
}

/// Calls `read` and returns whether it accepts; `ebm::Error` is the only way to refuse. Any other
/// exception leaves the target, which libFuzzer reports.
template <class Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const ebm::Error& error) {
    expect_printable(error.what());
    return false;
  }
}

/// Whether an input is one of a few, always the same, that get a check that takes long.
[[nodiscard]] inline bool is_one_in(std::size_t times, std::span<const std::uint8_t> input) {
  return ebm::io::crc32c(std::as_bytes(input)) % times == 0;
}

/// A folder of this process in that for temporary files, best one in memory.
class ScratchFolder {
 public:
  ScratchFolder()
      : path_(std::filesystem::temp_directory_path() / ("ebm-fuzz-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(path_);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Makes a file hold the input; a file that is there keeps its memory.
inline void put(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  const auto size = static_cast<ssize_t>(bytes.size());
  const bool is_written = file >= 0 && ::write(file, bytes.data(), bytes.size()) == size &&
                          ::ftruncate(file, size) == 0 && ::close(file) == 0;
  if (!is_written) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace fuzz
