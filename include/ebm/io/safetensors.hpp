// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ebm/core/error.hpp>
#include <ebm/io/crc32c.hpp>
#include <ebm/io/dtype.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/safetensors_header.hpp>
#include <ebm/io/write_file.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Named tensors in the safetensors format: what PyTorch and NumPy read without running code.
namespace ebm::inline EBM_ABI::io {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian and are copied as they are");

/// The dimensions of a stored tensor, outermost first.
using TensorShape = std::vector<std::int64_t>;

/// A stored tensor: row-major elements of one type.
struct Tensor {
  DType dtype;
  TensorShape shape;
  std::vector<std::byte> bytes;
};

/// A tensor that is somewhere else, for writing.
struct TensorView {
  std::string_view name;
  DType dtype;
  TensorShape shape;
  std::span<const std::byte> bytes;
};

namespace detail {

/// The metadata entry that holds the checksum of all the rest.
inline constexpr std::string_view checksum_key = "ebm_crc32c";

/// The CRC-32C of names, types, shapes, values and metadata, in hexadecimal digits.
[[nodiscard]] inline std::string checksum_of(std::vector<TensorView> tensors,
                                             const std::map<std::string, std::string>& metadata) {
  std::uint32_t check = 0;
  const auto add_text = [&](std::string_view text) {
    const std::string number = sentence(text.size(), ':');  // so that no two lists are one text
    check = crc32c(std::as_bytes(std::span(number)), check);
    check = crc32c(std::as_bytes(std::span(text)), check);
  };
  std::ranges::sort(tensors, {}, &TensorView::name);
  for (const TensorView& tensor : tensors) {
    add_text(tensor.name);
    add_text(dtype_name(tensor.dtype));
    for (const std::int64_t size : tensor.shape) add_text(sentence(size));
    check = crc32c(tensor.bytes, check);
  }
  for (const auto& [key, text] : metadata) {
    if (key == checksum_key) continue;
    add_text(key);
    add_text(text);
  }
  std::string digits(8, '0');
  for (std::size_t i = 0; i < digits.size(); ++i) {
    digits[i] = "0123456789abcdef"[check >> (28 - 4 * i) & 0xf];
  }
  return digits;
}

[[nodiscard]] inline std::string text_of(const TensorShape& shape) {
  std::string list = "[";
  for (const char* separator = ""; const auto size : shape) {
    list += std::exchange(separator, ", ") + (size == -1 ? "any" : std::to_string(size));
  }
  return list + ']';
}

/// Throws InvalidArgument unless a file can have such a tensor, of so many bytes.
inline void require_tensor(std::string_view name, DType dtype, const TensorShape& shape,
                           std::size_t bytes) {
  // Not `require`, which would put the name in quotes each time: a file may have a million.
  const auto refuse = [&](const char* what, const auto&... more) {
    throw InvalidArgument(sentence("SafeTensors: ", what, quoted_text(name), more...));
  };
  constexpr std::size_t most = 1000;  // whose text has a place in what is read of an entry
  if (name == metadata_key) refuse("no tensor can be called ");
  if (shape.size() > most) {
    refuse("tensor ", " has ", shape.size(), " dimensions, expected at most ", most);
  }
  if (byte_size(dtype, shape) != bytes) {
    refuse("tensor ", " of shape ", text_of(shape), " got ", bytes / dtype_size(dtype), " values");
  }
}

/// The same for one whose name is taken.
[[noreturn]] inline void refuse_second_tensor(std::string_view name) {
  throw InvalidArgument(sentence("SafeTensors: there are two tensors ", quoted_text(name)));
}

}  // namespace detail

/// The content of a safetensors file: tensors and texts, each in the order of their names.
class SafeTensors {
 public:
  /// `source` says in messages where the tensors are from.
  explicit SafeTensors(std::string source = "memory") : source_(std::move(source)) {}

  /// Copies `values` in; throws InvalidArgument unless the name is new and shape and size agree.
  template <std::ranges::contiguous_range Values>
  void add(std::string name, TensorShape shape, const Values& values) {
    using T = std::ranges::range_value_t<Values>;
    const auto bytes = std::as_bytes(std::span<const T>(values));
    insert(std::move(name), {dtype_of<T>, std::move(shape), {bytes.begin(), bytes.end()}});
  }

  /// The same for a tensor of any element type.
  void insert(std::string name, Tensor tensor) {
    detail::require_tensor(name, tensor.dtype, tensor.shape, tensor.bytes.size());
    const auto [position, inserted] = tensors_.try_emplace(std::move(name), std::move(tensor));
    if (!inserted) detail::refuse_second_tensor(position->first);
  }

  [[nodiscard]] bool contains(std::string_view name) const { return tensors_.contains(name); }

  /// The tensor of that name; throws Error that lists what is there.
  [[nodiscard]] const Tensor& at(std::string_view name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      throw Error(sentence(source_, " has no tensor ", quoted_text(name), "; it has ",
                           tensors_.empty() ? "none" : names()));
    }
    return found->second;
  }

  [[nodiscard]] const TensorShape& shape(std::string_view name) const { return at(name).shape; }

  /// The elements, valid as long as this object; throws Error unless they are stored as `T`.
  template <class T>
  [[nodiscard]] std::span<const T> get(std::string_view name) const& {
    const Tensor& tensor = at(name);
    if (tensor.dtype != dtype_of<T>) {
      throw Error(sentence("tensor ", quoted_text(name), " of ", source_, " holds ",
                           dtype_name(tensor.dtype), ", expected ", dtype_name(dtype_of<T>)));
    }
    return {reinterpret_cast<const T*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(T)};
  }

  /// The same, and throws Error unless the shape is `expected`, where -1 stands for any size.
  template <class T>
  [[nodiscard]] std::span<const T> get(std::string_view name, const TensorShape& expected) const& {
    const auto fits = [](std::int64_t size, std::int64_t wanted) {
      return wanted == -1 || size == wanted;
    };
    if (!std::ranges::equal(shape(name), expected, fits)) {
      throw Error(sentence("tensor ", quoted_text(name), " of ", source_, " has shape ",
                           detail::text_of(shape(name)), ", expected ", detail::text_of(expected)));
    }
    return get<T>(name);
  }

  /// Elements of a temporary would be gone at once.
  template <class T>
  std::span<const T> get(std::string_view name, const TensorShape& expected = {}) const&& = delete;

  [[nodiscard]] const std::map<std::string, Tensor, std::less<>>& tensors() const noexcept {
    return tensors_;
  }

  /// All tensors, which are then no longer in this object.
  [[nodiscard]] std::map<std::string, Tensor, std::less<>> take_tensors() noexcept {
    return std::exchange(tensors_, {});
  }

  /// All tensors, for as long as this object lives and is not changed.
  [[nodiscard]] std::vector<TensorView> views() const {
    std::vector<TensorView> views;
    for (const auto& [name, tensor] : tensors_) {
      views.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
    }
    return views;
  }

  /// Where the tensors are from, as messages say it.
  [[nodiscard]] const std::string& source() const noexcept { return source_; }

  /// Free texts about the file, the format's `__metadata__`.
  [[nodiscard]] std::map<std::string, std::string>& metadata() noexcept { return metadata_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept {
    return metadata_;
  }

 private:
  std::string names() const {
    constexpr std::size_t most = 20;
    std::string list;
    std::size_t named = 0;
    for (const auto& [name, tensor] : tensors_) {
      if (named++ == most) return list + sentence(" and ", tensors_.size() - most, " more");
      list += (list.empty() ? "" : ", ") + quoted_text(name);
    }
    return list;
  }

  std::string source_;
  std::map<std::string, Tensor, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Reads a file of any valid layout; throws Error that names the first thing that is wrong with it.
///
/// Files that ebm has written have a checksum in their metadata, which is checked and taken out.
[[nodiscard]] inline SafeTensors read_safetensors(const std::filesystem::path& path) {
  constexpr std::uint64_t longest_header = 100'000'000;  // the reference implementation's limit
  const detail::HeaderParser parser(path);
  FileReader file(path);
  std::uint64_t header_size = 0;
  const std::size_t first = file.read(std::as_writable_bytes(std::span(&header_size, 1)));
  if (first < sizeof header_size) {
    parser.refuse("has ", first, " bytes, too few for the 8 bytes of the header's length");
  }
  if (header_size > longest_header) {
    parser.refuse("claims a header of ", header_size, " bytes: it is no safetensors file");
  }
  const auto text = file.read(header_size);
  if (text.size() < header_size) {
    parser.refuse("claims a header of ", header_size, " bytes, but ends after ", text.size());
  }
  auto header = parser.parse({reinterpret_cast<const char*>(text.data()), text.size()});
  if (const auto size = file.size()) {
    parser.check_size(header.entries, *size - std::min(*size, sizeof header_size + header_size));
  }
  SafeTensors content(quoted(path));
  content.metadata() = std::move(header.metadata);
  for (auto& entry : header.entries) {
    auto bytes = file.read(entry.end - entry.begin);
    if (bytes.size() < entry.end - entry.begin) {
      parser.check_size(header.entries, entry.begin + bytes.size());
    }
    content.insert(entry.name, {entry.dtype, std::move(entry.shape), std::move(bytes)});
  }
  if (!file.read(1).empty()) parser.refuse("goes on after its last tensor");
  const auto checksum = content.metadata().find(std::string(detail::checksum_key));
  if (checksum != content.metadata().end()) {
    if (checksum->second != detail::checksum_of(content.views(), content.metadata())) {
      parser.refuse(
          "does not have the checksum that its metadata say: it is damaged, or another "
          "program has changed it and kept the entry '",
          detail::checksum_key, "'");
    }
    content.metadata().erase(checksum);
  }
  return content;
}

/// Writes all or nothing, with a checksum in the metadata; equal content gives equal bytes.
///
/// Throws Error where the disk refuses, and InvalidArgument if two tensors have one name or a
/// tensor's bytes are not those of its shape.
inline void write_safetensors(const std::filesystem::path& path,
                              std::span<const TensorView> tensors,
                              const std::map<std::string, std::string>& metadata = {}) {
  std::set<std::string_view> names;
  for (const TensorView& tensor : tensors) {
    detail::require_tensor(tensor.name, tensor.dtype, tensor.shape, tensor.bytes.size());
    if (!names.insert(tensor.name).second) detail::refuse_second_tensor(tensor.name);
  }
  detail::SafeTensorsHeader header{{}, metadata};
  header.metadata.insert_or_assign(std::string(detail::checksum_key),
                                   detail::checksum_of({tensors.begin(), tensors.end()}, metadata));
  std::vector<std::span<const std::byte>> pieces(2);  // room for what comes first
  std::size_t offset = 0;
  // Wide elements first keeps every tensor aligned to its element, for readers that map the file.
  for (const std::size_t element_size : {8u, 4u, 2u, 1u}) {
    for (const TensorView& tensor : tensors) {
      if (dtype_size(tensor.dtype) != element_size) continue;
      const auto begin = std::exchange(offset, offset + tensor.bytes.size());
      header.entries.push_back(
          {std::string(tensor.name), tensor.dtype, tensor.shape, begin, offset});
      pieces.push_back(tensor.bytes);
    }
  }
  const auto text = detail::format_header(header);
  const std::uint64_t header_size = text.size();
  pieces[0] = std::as_bytes(std::span(&header_size, 1));
  pieces[1] = std::as_bytes(std::span(text));
  write_file_atomically(path, std::span<const std::span<const std::byte>>(pieces));
}

/// The same for tensors in memory of their own.
inline void write_safetensors(const std::filesystem::path& path, const SafeTensors& content) {
  write_safetensors(path, content.views(), content.metadata());
}

}  // namespace ebm::inline EBM_ABI::io
