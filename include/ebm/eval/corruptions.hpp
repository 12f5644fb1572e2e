// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>
#include <span>
#include <utility>
#include <vector>

/// Images made unlikely, each in its own way: what a model of the originals should score lower.
///
/// images: [image][channel, row, column], pixels in [-1, 1]; -1 is the background, 1 is white.
/// Row i is the image with id `first` + i, which alone (with the seed and the corruption) decides
/// its random numbers. Those that take a size throw `InvalidArgument` for images of another one.
/// Source: noise, noisy, flipped and shrunk are those of the UvA deep learning course's Tutorial 8.
namespace ebm::inline EBM_ABI::corruptions {

/// Rows and columns of each channel.
struct ImageSize {
  int rows = 28;
  int columns = 28;
};

namespace detail {

/// The number of a corruption: its draws are not those of another one for the same image.
enum class Kind : std::uint32_t { noise, noisy, constant, salt, square, shuffled };

using Image = std::span<float>;

/// The place of a pixel in its channel.
constexpr std::size_t place(const ImageSize& size, int row, int column) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(size.columns) +
         static_cast<std::size_t>(column);
}

/// The pixels of a channel; throws `InvalidArgument` unless each image is a whole number of them.
inline std::size_t channel_size(const char* function, const ConstSamplesRef<float>& images,
                                const ImageSize& size) {
  require(size.rows > 0 && size.columns > 0, function, ": sizes must be > 0, got ", size.rows, "x",
          size.columns);
  const auto pixels = Eigen::Index{size.rows} * size.columns;
  require(images.cols() > 0 && images.cols() % pixels == 0, function, ": images of ", images.cols(),
          " pixels are no channels of ", size.rows, "x", size.columns);
  return static_cast<std::size_t>(pixels);
}

/// Calls `f(image, draws)` for each image with the numbers that are its own.
template <class F>
void for_each_image(Samples<float>& images, Rng rng, Kind kind, std::uint64_t first, const F& f) {
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    Sequence draws(rng.stream(Purpose::corruption), first + static_cast<std::uint64_t>(i),
                   static_cast<std::uint32_t>(kind));
    f(sample_of(images, i), draws);
  }
}

/// Uniform in [-1, 1), a multiple of 2^-23.
inline float uniform_pixel(Sequence& draws) {
  return static_cast<float>(draws() >> 8) * 0x1p-23f - 1.0f;
}

}  // namespace detail

/// As many images of uniform noise in [-1, 1).
[[nodiscard]] inline Samples<float> noise(const ConstSamplesRef<float>& images, Rng rng,
                                          std::uint64_t first = 0) {
  Samples<float> result(images.rows(), images.cols());
  const auto paint = [](detail::Image image, Sequence& draws) {
    for (float& pixel : image) pixel = detail::uniform_pixel(draws);
  };
  detail::for_each_image(result, rng, detail::Kind::noise, first, paint);
  return result;
}

/// The images with normal noise on every pixel, clamped to [-1, 1]; deviation >= 0 and finite.
[[nodiscard]] inline Samples<float> noisy(const ConstSamplesRef<float>& images, Rng rng,
                                          double deviation = 0.3, std::uint64_t first = 0) {
  require(deviation >= 0 && std::isfinite(deviation),
          "noisy: deviation must be >= 0 and finite, got ", deviation);
  Samples<float> result(images.rows(), images.cols());
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    const ChainDraws<float, 1> draws(rng.stream(Purpose::corruption),
                                     first + static_cast<std::uint64_t>(i));
    const auto from = sample_of(images, i);
    const detail::Image to = sample_of(result, i);
    std::array<Pack<float, 1>, 4> z;
    for (std::size_t pixel = 0; pixel < to.size(); ++pixel) {
      if (pixel % 4 == 0) {
        z = draws.normal(static_cast<std::uint32_t>(detail::Kind::noisy),
                         static_cast<std::uint32_t>(pixel / 4));
      }
      const float shift = static_cast<float>(deviation) * z[pixel % 4].lane(0);
      to[pixel] = std::clamp(from[pixel] + shift, -1.0f, 1.0f);
    }
  }
  return result;
}

/// Which axes an image is mirrored about; both: a half turn, as in the tutorial.
enum class Flip { both, upside_down, left_right };

/// The images with their rows, their columns or both in reverse order.
[[nodiscard]] inline Samples<float> flipped(const ConstSamplesRef<float>& images,
                                            const ImageSize& size = {}, Flip flip = Flip::both) {
  const std::size_t area = detail::channel_size("flipped", images, size);
  std::vector<std::size_t> sources;  // of each pixel of a channel
  for (int row = 0; row < size.rows; ++row) {
    for (int column = 0; column < size.columns; ++column) {
      sources.push_back(
          detail::place(size, flip == Flip::left_right ? row : size.rows - 1 - row,
                        flip == Flip::upside_down ? column : size.columns - 1 - column));
    }
  }
  Samples<float> result(images.rows(), images.cols());
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    const auto from = sample_of(images, i);
    const detail::Image to = sample_of(result, i);
    for (std::size_t pixel = 0; pixel < to.size(); ++pixel) {
      to[pixel] = from[pixel - pixel % area + sources[pixel % area]];
    }
  }
  return result;
}

/// Where and how an image of half the size is made.
struct Shrink {
  bool average = false;  ///< means of 2x2 pixels; else every second pixel, as in the tutorial
  bool centred = false;  ///< in the middle; else in the upper left quarter, as in the tutorial
};

/// The images at half their size on background; a last odd row or column is left out.
[[nodiscard]] inline Samples<float> shrunk(const ConstSamplesRef<float>& images,
                                           const ImageSize& size = {}, const Shrink& how = {}) {
  const std::size_t area = detail::channel_size("shrunk", images, size);
  const int height = size.rows / 2, width = size.columns / 2;
  const int top = how.centred ? (size.rows - height) / 2 : 0;
  const int left = how.centred ? (size.columns - width) / 2 : 0;
  Samples<float> result = Samples<float>::Constant(images.rows(), images.cols(), -1.0f);
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    const auto from = sample_of(images, i);
    const detail::Image to = sample_of(result, i);
    for (std::size_t channel = 0; channel < to.size(); channel += area) {
      for (int row = 0; row < height; ++row) {
        for (int column = 0; column < width; ++column) {
          const auto at = [&](int down, int right) {
            return from[channel + detail::place(size, 2 * row + down, 2 * column + right)];
          };
          to[channel + detail::place(size, top + row, left + column)] =
              how.average ? (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4 : at(0, 0);
        }
      }
    }
  }
  return result;
}

/// The negatives of the images: x to -x.
[[nodiscard]] inline Samples<float> inverted(const ConstSamplesRef<float>& images) {
  return -images;
}

/// As many images of one value each, uniform in [-1, 1).
[[nodiscard]] inline Samples<float> constant(const ConstSamplesRef<float>& images, Rng rng,
                                             std::uint64_t first = 0) {
  Samples<float> result(images.rows(), images.cols());
  const auto paint = [](detail::Image image, Sequence& draws) {
    std::fill(image.begin(), image.end(), detail::uniform_pixel(draws));
  };
  detail::for_each_image(result, rng, detail::Kind::constant, first, paint);
  return result;
}

/// The images with pixels made white, in all channels, each with probability `share`, in [0, 1].
[[nodiscard]] inline Samples<float> salt(const ConstSamplesRef<float>& images, Rng rng,
                                         const ImageSize& size = {}, double share = 0.05,
                                         std::uint64_t first = 0) {
  require(share >= 0 && share <= 1, "salt: share must be in [0, 1], got ", share);
  const std::size_t area = detail::channel_size("salt", images, size);
  Samples<float> result = images;
  const auto paint = [&](detail::Image image, Sequence& draws) {
    for (std::size_t pixel = 0; pixel < area; ++pixel) {
      if (draws.uniform() >= share) continue;
      for (std::size_t at = pixel; at < image.size(); at += area) image[at] = 1;
    }
  };
  detail::for_each_image(result, rng, detail::Kind::salt, first, paint);
  return result;
}

/// As many images of background with salt on it: the pixels that `salt` makes white.
[[nodiscard]] inline Samples<float> blank_salt(const ConstSamplesRef<float>& images, Rng rng,
                                               const ImageSize& size = {}, double share = 0.05,
                                               std::uint64_t first = 0) {
  detail::channel_size("blank_salt", images, size);
  return salt(Samples<float>::Constant(images.rows(), images.cols(), -1.0f), rng, size, share,
              first);
}

/// The images with a white square of `side` x `side` pixels, wholly inside, at a random place.
///
/// side: 1 to the smaller size
[[nodiscard]] inline Samples<float> square(const ConstSamplesRef<float>& images, Rng rng,
                                           const ImageSize& size = {}, int side = 8,
                                           std::uint64_t first = 0) {
  const std::size_t area = detail::channel_size("square", images, size);
  require(side >= 1 && side <= std::min(size.rows, size.columns), "square: side must be in [1, ",
          std::min(size.rows, size.columns), "], got ", side);
  Samples<float> result = images;
  const auto paint = [&](detail::Image image, Sequence& draws) {
    const int top = static_cast<int>(draws.below(static_cast<std::uint32_t>(size.rows - side + 1)));
    const int left =
        static_cast<int>(draws.below(static_cast<std::uint32_t>(size.columns - side + 1)));
    for (std::size_t channel = 0; channel < image.size(); channel += area) {
      for (int row = top; row < top + side; ++row) {
        for (int column = left; column < left + side; ++column) {
          image[channel + detail::place(size, row, column)] = 1;
        }
      }
    }
  };
  detail::for_each_image(result, rng, detail::Kind::square, first, paint);
  return result;
}

/// The images with their pixels, whole with all channels, in an order of its own for each image.
[[nodiscard]] inline Samples<float> shuffled(const ConstSamplesRef<float>& images, Rng rng,
                                             const ImageSize& size = {}, std::uint64_t first = 0) {
  const std::size_t area = detail::channel_size("shuffled", images, size);
  Samples<float> result = images;
  const auto mix = [area](detail::Image image, Sequence& draws) {
    // Fisher and Yates; std::shuffle takes its numbers differently in each standard library.
    for (std::size_t left = area; left > 1; --left) {
      const std::size_t other = draws.below(static_cast<std::uint32_t>(left));
      for (std::size_t channel = 0; channel < image.size(); channel += area) {
        std::swap(image[channel + left - 1], image[channel + other]);
      }
    }
  };
  detail::for_each_image(result, rng, detail::Kind::shuffled, first, mix);
  return result;
}

}  // namespace ebm::inline EBM_ABI::corruptions
