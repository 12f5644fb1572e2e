// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/png_chunk.hpp>
#include <ebm/io/write_file.hpp>
#include <filesystem>
#include <span>
#include <vector>

/// Animated PNG files.
namespace ebm::inline EBM_ABI::io {

/// Options of `write_apng`: how an animation is played.
struct AnimationOptions {
  double seconds_per_frame = 0.1;  ///< in [0.001, 65.535], rounded to milliseconds
  int loops = 0;                   ///< how often it is played; 0: for ever
};

namespace detail {

/// What a frame's control chunk holds: the frame covers the whole picture, and replaces it.
[[nodiscard]] inline PngBytes frame_control(const Picture& frame, std::uint32_t sequence_number,
                                            std::uint16_t milliseconds) {
  PngBytes content;
  append_number(content, sequence_number);
  append_number(content, static_cast<std::uint32_t>(frame.columns));
  append_number(content, static_cast<std::uint32_t>(frame.rows));
  append_number(content, std::uint32_t{0});  // from the left
  append_number(content, std::uint32_t{0});  // from the top
  append_number(content, milliseconds);
  append_number(content, std::uint16_t{1000});  // a second
  content.insert(content.end(), {0, 0});        // left as it is afterwards; not blended
  return content;
}

/// Throws InvalidArgument unless the frames and the options make an animation.
inline void check_animation(std::span<const Picture> frames, const AnimationOptions& options) {
  const auto [seconds, loops] = options;
  // Each frame but the first has two numbers of 31 bits in sequence.
  require(!frames.empty() && frames.size() <= (std::size_t{1} << 30), "encode_apng: got ",
          frames.size(), " frames, expected 1 to 2^30");
  require(seconds >= 0.001 && seconds <= 65.535, "encode_apng: got ", seconds,
          " seconds per frame, expected 0.001 to 65.535");
  require(loops >= 0, "encode_apng: got ", loops, " loops, expected at least 0");
  const auto& first = frames.front();
  for (std::size_t index = 0; index < frames.size(); ++index) {
    const auto& frame = frames[index];
    check_picture("encode_apng", frame);
    require(frame.rows == first.rows && frame.columns == first.columns &&
                frame.channels == first.channels,
            "encode_apng: frame ", index, " is ", frame.rows, "x", frame.columns, "x",
            frame.channels, ", expected the size of the first, ", first.rows, "x", first.columns,
            "x", first.channels);
  }
}

}  // namespace detail

/// The bytes of a PNG file that shows the frames one after another; who can't read animations sees
/// the first.
///
/// frames: at least one, all of one size.
/// Throws InvalidArgument for frames that don't fit together and options out of their ranges.
/// Source: PNG Specification (Third Edition), W3C 2025, sections 4.9 and 11.3.6.
[[nodiscard]] inline std::vector<std::uint8_t> encode_apng(std::span<const Picture> frames,
                                                           const AnimationOptions& options = {}) {
  detail::check_animation(frames, options);
  const auto milliseconds =
      static_cast<std::uint16_t>(std::lround(options.seconds_per_frame * 1000));
  auto file = detail::png_start(frames.front());
  detail::PngBytes animation;
  detail::append_number(animation, static_cast<std::uint32_t>(frames.size()));
  detail::append_number(animation, static_cast<std::uint32_t>(options.loops));
  detail::append_chunk(file, "acTL", animation);

  std::uint32_t sequence_number = 0;
  for (const auto& frame : frames) {
    detail::append_chunk(file, "fcTL",
                         detail::frame_control(frame, sequence_number++, milliseconds));
    const auto pixels = detail::compressed_pixels(frame);
    if (&frame == &frames.front()) {
      detail::append_chunk(file, "IDAT", pixels);
      continue;
    }
    detail::PngBytes data;
    detail::append_number(data, sequence_number++);
    data.insert(data.end(), pixels.begin(), pixels.end());
    detail::append_chunk(file, "fdAT", data);
  }
  detail::append_chunk(file, "IEND");
  return file;
}

/// Writes `encode_apng` of the frames, all or nothing.
inline void write_apng(const std::filesystem::path& path, std::span<const Picture> frames,
                       const AnimationOptions& options = {}) {
  const auto file = encode_apng(frames, options);
  write_file_atomically(path, std::as_bytes(std::span(file)));
}

}  // namespace ebm::inline EBM_ABI::io
