// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/byte_order.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/gzip.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The IDX format of MNIST: big-endian sizes, then bytes; gzipped or not.
///
/// Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", file formats.
namespace ebm::inline EBM_ABI::io {

namespace detail {

/// Two zero bytes, 0x08 for unsigned bytes, then the number of dimensions.
template <std::size_t Dimensions>
inline constexpr std::uint32_t idx_magic = 0x0800 + Dimensions;

[[nodiscard]] inline std::string hexadecimal(std::uint32_t value) {
  return "0x" + zero_padded(value, 8, 16);
}

/// An IDX file of `Dimensions` dimensions whose sizes are known before its elements are read.
template <std::size_t Dimensions>
class IdxReader {
 public:
  /// things: what messages call the elements of the first dimension
  /// Throws Error unless the file can be opened and begins with the header of such a file.
  IdxReader(const std::filesystem::path& path, const char* things)
      : path_(path), things_(things), file_(path) {
    constexpr std::size_t header_size = 4 * (1 + Dimensions);
    const auto header = file_.read(header_size);
    if (header.size() < 4) refuse("has ", header.size(), " bytes and is no IDX file");
    const std::span<const std::uint8_t> bytes(header);
    const auto magic = read_number<std::endian::big, std::uint32_t>(bytes);
    if (magic != idx_magic<Dimensions>) {
      refuse("begins with ", hexadecimal(magic), ", expected ", hexadecimal(idx_magic<Dimensions>),
             " of an IDX file of ", things);
    }
    if (header.size() < header_size) {
      refuse("ends inside its header, after ", header.size(), " of ", header_size, " bytes");
    }
    constexpr std::uint64_t most = std::uint64_t{1} << 40;
    for (std::size_t d = 0; d < Dimensions; ++d) {
      const auto size = read_number<std::endian::big, std::uint32_t>(bytes.subspan(4 * (d + 1)));
      if (size == 0 && d > 0) refuse("claims ", things, " without pixels");
      if (!std::in_range<int>(size) || (size != 0 && expected_ > most / size)) {
        refuse("claims a size of ", size, " in dimension ", d, ", more than a file can hold");
      }
      sizes_[d] = static_cast<int>(size);
      expected_ *= size;
      if (d > 0) each_ *= size;
    }
  }

  /// What the header says; all but the first are positive.
  [[nodiscard]] const std::array<int, Dimensions>& sizes() const noexcept { return sizes_; }

  /// The elements in row-major order, once; throws Error unless there are as many as the header
  /// says.
  [[nodiscard]] std::vector<std::uint8_t> read() {
    auto bytes = file_.read(expected_);
    if (bytes.size() < expected_) {
      refuse("holds ", bytes.size() / each_, " ", things_, ", its header says ", sizes_[0]);
    }
    if (!file_.read(1).empty()) {
      refuse("goes on after the ", sizes_[0], " ", things_, " that its header says");
    }
    return bytes;
  }

  /// Throws Error that begins with the file's name.
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    throw Error(sentence(quoted(path_), " ", parts...));
  }

 private:
  std::filesystem::path path_;
  const char* things_;
  GzipReader file_;
  std::array<int, Dimensions> sizes_{};
  std::uint64_t expected_ = 1, each_ = 1;  // bytes of all and of one element
};

/// An IDX file of images that are not larger than `largest`.
[[nodiscard]] inline IdxReader<3> open_idx_images(const std::filesystem::path& path,
                                                  const PictureLimit& largest) {
  IdxReader<3> file(path, "images");
  const auto [count, rows, columns] = file.sizes();
  if (rows > largest.rows || columns > largest.columns) {
    file.refuse("holds images of ", rows, "x", columns, " pixels, expected ", largest.rows, "x",
                largest.columns, " at most");
  }
  return file;
}

/// Writes the sizes and `bytes`, not compressed.
template <std::size_t Dimensions>
void write_idx(const std::filesystem::path& path, const std::array<int, Dimensions>& sizes,
               std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> file;
  append_number<std::endian::big>(file, idx_magic<Dimensions>);
  for (const int size : sizes)
    append_number<std::endian::big>(file, static_cast<std::uint32_t>(size));
  file.insert(file.end(), bytes.begin(), bytes.end());
  write_file_atomically(path, std::as_bytes(std::span(file)));
}

}  // namespace detail

/// The limit of images that may have any size.
inline constexpr PictureLimit any_size{.rows = std::numeric_limits<int>::max(),
                                       .columns = std::numeric_limits<int>::max()};

/// Reads images (magic 0x00000803), gzipped or not.
///
/// Throws Error that says what is wrong, for images larger than `largest` before they are
/// decompressed.
[[nodiscard]] inline GrayImages read_idx_images(const std::filesystem::path& path,
                                                const PictureLimit& largest = any_size) {
  auto file = detail::open_idx_images(path, largest);
  const auto [count, rows, columns] = file.sizes();
  return {count, rows, columns, file.read()};
}

/// Reads labels (magic 0x00000801), gzipped or not; throws Error that says what is wrong.
[[nodiscard]] inline std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  return detail::IdxReader<1>(path, "labels").read();
}

/// Writes images, all or nothing, not compressed.
inline void write_idx_images(const std::filesystem::path& path, const GrayImages& images) {
  detail::check_sizes(images);
  detail::write_idx<3>(path, {images.count, images.rows, images.columns}, images.pixels);
}

/// Writes labels, all or nothing, not compressed.
inline void write_idx_labels(const std::filesystem::path& path,
                             std::span<const std::uint8_t> labels) {
  require(std::in_range<int>(labels.size()), "write_idx_labels: got ", labels.size(), " labels");
  detail::write_idx<1>(path, {static_cast<int>(labels.size())}, labels);
}

}  // namespace ebm::inline EBM_ABI::io
