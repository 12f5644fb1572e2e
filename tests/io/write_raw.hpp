// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>

/// Writes files for readers to stumble over, without the library's own writer and its fsync.
inline void write_raw_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("can't write " + path.string());
}

/// The same, gzipped.
inline void write_gzip_file(const std::filesystem::path& path,
                            std::span<const std::uint8_t> bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  const auto size = static_cast<unsigned>(bytes.size());
  const bool written = file && gzwrite(file, bytes.data(), size) == static_cast<int>(size);
  if (gzclose(file) != Z_OK || !written) throw std::runtime_error("can't write " + path.string());
}
