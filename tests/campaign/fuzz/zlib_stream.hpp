// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <optional>
#include <span>
#include <stdexcept>

#include "checks.hpp"

/// Streams of zlib for mutators, which change what is compressed.
namespace fuzz {

/// Added to the 2^n bytes that a stream looks back on: makes it a gzip file.
inline constexpr int as_gzip = 16;

/// What a whole stream holds; nothing where it is broken, or holds more than `most` bytes.
template <int Window>
[[nodiscard]] std::optional<Bytes> inflated(std::span<const std::uint8_t> bytes, std::size_t most) {
  static z_stream stream{};  // which stays where it is, as zlib knows its place
  static const int made = inflateInit2(&stream, Window);
  if (made != Z_OK || inflateReset(&stream) != Z_OK) throw std::runtime_error("inflateReset");
  Bytes content(most);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = content.data();
  stream.avail_out = static_cast<uInt>(most);
  if (inflate(&stream, Z_FINISH) != Z_STREAM_END) return {};
  content.resize(most - stream.avail_out);
  return content;
}

/// The content as a stream.
template <int Window>
[[nodiscard]] Bytes deflated(std::span<const std::uint8_t> content) {
  constexpr int fast = 1, memory = 1;
  static z_stream stream{};
  static const int made =
      deflateInit2(&stream, fast, Z_DEFLATED, Window, memory, Z_DEFAULT_STRATEGY);
  if (made != Z_OK || deflateReset(&stream) != Z_OK) throw std::runtime_error("deflateReset");
  Bytes bytes(deflateBound(&stream, content.size()) + 64);
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  bytes.resize(bytes.size() - stream.avail_out);
  return bytes;
}

}  // namespace fuzz
