// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/byte_order.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/gzip.hpp>
#include <filesystem>
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

/// The sizes of an IDX file and its elements in row-major order.
template <std::size_t Dimensions>
struct IdxArray {
  std::array<int, Dimensions> sizes;
  std::vector<std::uint8_t> bytes;
};

[[nodiscard]] inline std::string hexadecimal(std::uint32_t value) {
  return "0x" + zero_padded(value, 8, 16);
}

/// Reads an array of `Dimensions` dimensions; `things` is what messages call its elements.
template <std::size_t Dimensions>
[[nodiscard]] IdxArray<Dimensions> read_idx(const std::filesystem::path& path, const char* things) {
  const auto refuse = [&](const auto&... parts) {
    throw Error(sentence(quoted(path), " ", parts...));
  };
  constexpr std::size_t header_size = 4 * (1 + Dimensions);
  GzipReader file(path);
  const auto header = file.read(header_size);
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
  IdxArray<Dimensions> array;
  std::uint64_t expected = 1, each = 1;
  for (std::size_t d = 0; d < Dimensions; ++d) {
    const auto size = read_number<std::endian::big, std::uint32_t>(bytes.subspan(4 * (d + 1)));
    if (size == 0 && d > 0) refuse("claims ", things, " without pixels");
    if (!std::in_range<int>(size) || (size != 0 && expected > most / size)) {
      refuse("claims a size of ", size, " in dimension ", d, ", more than a file can hold");
    }
    array.sizes[d] = static_cast<int>(size);
    expected *= size;
    if (d > 0) each *= size;
  }
  array.bytes = file.read(expected);
  if (array.bytes.size() < expected) {
    refuse("holds ", array.bytes.size() / each, " ", things, ", its header says ", array.sizes[0]);
  }
  if (!file.read(1).empty()) {
    refuse("goes on after the ", array.sizes[0], " ", things, " that its header says");
  }
  return array;
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

/// Reads images (magic 0x00000803), gzipped or not; throws Error that says what is wrong.
[[nodiscard]] inline GrayImages read_idx_images(const std::filesystem::path& path) {
  auto array = detail::read_idx<3>(path, "images");
  const auto [count, rows, columns] = array.sizes;
  return {count, rows, columns, std::move(array.bytes)};
}

/// Reads labels (magic 0x00000801), gzipped or not; throws Error that says what is wrong.
[[nodiscard]] inline std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  return detail::read_idx<1>(path, "labels").bytes;
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
