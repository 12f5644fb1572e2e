// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/io/gray_images.hpp>
#include <span>

/// The step from an image's bytes to samples, and back.
namespace ebm::inline EBM_ABI::io {

/// The range of samples: 0..255 to [-1, 1], as torchvision's `ToTensor` and `Normalize(0.5, 0.5)`.
[[nodiscard]] constexpr float to_sample(std::uint8_t byte) noexcept {
  return static_cast<float>(byte) / 255.0f * 2.0f - 1.0f;
}

/// The inverse, rounded as torchvision's `save_image` does; clamps to [-1, 1]; `value` is no NaN.
[[nodiscard]] inline std::uint8_t to_byte(float value) noexcept {
  const float unit = (std::clamp(value, -1.0f, 1.0f) + 1.0f) / 2.0f;
  return static_cast<std::uint8_t>(unit * 255.0f + 0.5f);
}

/// The images of the given indices, one a row; throws InvalidArgument for an index out of range.
///
/// returns: [index][row * columns + column], in [-1, 1]
[[nodiscard]] inline Samples<float> to_samples(const GrayImages& images,
                                               std::span<const int> indices) {
  detail::check_sizes(images);
  const auto size = static_cast<Eigen::Index>(images.rows) * images.columns;
  Samples<float> samples(static_cast<Eigen::Index>(indices.size()), size);
  float* sample = samples.data();
  for (const int index : indices) {
    require(index >= 0 && index < images.count, "to_samples: image ", index, " of ", images.count,
            " was asked for");
    const auto* image = images.pixels.data() + index * size;
    sample = std::transform(image, image + size, sample, to_sample);
  }
  return samples;
}

/// All images, one a row.
///
/// returns: [image][row * columns + column], in [-1, 1]
[[nodiscard]] inline Samples<float> to_samples(const GrayImages& images) {
  detail::check_sizes(images);
  Samples<float> samples(images.count, static_cast<Eigen::Index>(images.rows) * images.columns);
  std::ranges::transform(images.pixels, samples.data(), to_sample);
  return samples;
}

/// Dataset: images as samples, which stay bytes until each is asked for: a quarter of the memory.
class ImageDataset {
 public:
  /// pixels: [image][pixel], which live elsewhere; image_size: pixels of each, >= 1
  /// Throws `InvalidArgument` unless there are whole images.
  ImageDataset(std::span<const std::uint8_t> pixels, int image_size)
      : pixels_(pixels), image_size_(image_size) {
    require(image_size >= 1, "ImageDataset: images must have pixels, got ", image_size);
    require(pixels.size() % static_cast<std::size_t>(image_size) == 0,
            "ImageDataset: ", pixels.size(), " pixels are no images of ", image_size);
  }

  [[nodiscard]] Eigen::Index rows() const noexcept {
    return static_cast<Eigen::Index>(pixels_.size()) / image_size_;
  }
  [[nodiscard]] Eigen::Index cols() const noexcept { return image_size_; }
  /// sample: [pixel], in [-1, 1]
  void copy_sample(Eigen::Index index, std::span<float> sample) const {
    const auto size = static_cast<std::size_t>(image_size_);
    std::ranges::transform(pixels_.subspan(static_cast<std::size_t>(index) * size, size),
                           sample.begin(), to_sample);
  }

 private:
  std::span<const std::uint8_t> pixels_;
  int image_size_;
};

}  // namespace ebm::inline EBM_ABI::io
