// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/random/normal.hpp>
#include <ebm/random/stream.hpp>
#include <utility>

/// Images made unlikely, each in its own way: what a model of the originals should score lower.
///
/// images: [image][channel, row, column], pixels in [-1, 1]; -1 is the background, 1 is white.
/// Row i is the image with id `first` + i, which alone (with the seed and the corruption) decides
/// its random numbers. All throw `InvalidArgument` for images of another size.
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

/// Throws `InvalidArgument` unless each image is a whole number of channels; returns that number.
inline Eigen::Index channels(const char* function, const ConstSamplesRef<float>& images,
                             const ImageSize& size) {
  require(size.rows > 0 && size.columns > 0, function, ": sizes must be > 0, got ", size.rows, "x",
          size.columns);
  const auto area = Eigen::Index{size.rows} * size.columns;
  require(images.cols() > 0 && images.cols() % area == 0, function, ": images of ", images.cols(),
          " pixels are no channels of ", size.rows, "x", size.columns);
  return images.cols() / area;
}

/// Calls `f(image, draws)` for each image with the numbers that are its own.
template <class F>
void for_each_image(Samples<float>& images, Rng rng, Kind kind, std::uint64_t first, const F& f) {
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    Sequence draws(rng.stream(Purpose::corruption), first + static_cast<std::uint64_t>(i),
                   static_cast<std::uint32_t>(kind));
    f(images.row(i), draws);
  }
}

/// Uniform in [-1, 1), a multiple of 2^-23.
inline float uniform_pixel(Sequence& draws) {
  return static_cast<float>(draws() >> 8) * 0x1p-23f - 1.0f;
}

/// The images with pixel (row, column) of each channel taken from where `source(row, column)` says,
/// as {row, column}.
template <class Source>
Samples<float> rearranged(const char* function, const ConstSamplesRef<float>& images,
                          const ImageSize& size, const Source& source) {
  const auto count = channels(function, images, size);
  const Eigen::Index area = Eigen::Index{size.rows} * size.columns;
  Samples<float> result(images.rows(), images.cols());
  for (int row = 0; row < size.rows; ++row) {
    for (int column = 0; column < size.columns; ++column) {
      const auto [from_row, from_column] = source(row, column);
      for (Eigen::Index channel = 0; channel < count; ++channel) {
        result.col(channel * area + row * size.columns + column) =
            images.col(channel * area + from_row * size.columns + from_column);
      }
    }
  }
  return result;
}

}  // namespace detail

/// As many images of uniform noise in [-1, 1).
[[nodiscard]] inline Samples<float> noise(const ConstSamplesRef<float>& images, Rng rng,
                                          std::uint64_t first = 0) {
  Samples<float> result(images.rows(), images.cols());
  detail::for_each_image(result, rng, detail::Kind::noise, first, [](auto image, auto& draws) {
    for (float& pixel : image) pixel = detail::uniform_pixel(draws);
  });
  return result;
}

/// The images with normal noise on every pixel, clamped to [-1, 1]; deviation >= 0 and finite.
[[nodiscard]] inline Samples<float> noisy(const ConstSamplesRef<float>& images, Rng rng,
                                          double deviation = 0.3, std::uint64_t first = 0) {
  require(deviation >= 0 && std::isfinite(deviation),
          "noisy: deviation must be >= 0 and finite, got ", deviation);
  Samples<float> result(images.rows(), images.cols());
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    const ChainDraws<float> draws(rng.stream(Purpose::corruption),
                                  first + static_cast<std::uint64_t>(i));
    std::array<Pack<float>, 4> z;
    for (Eigen::Index pixel = 0; pixel < images.cols(); ++pixel) {
      if (pixel % 4 == 0) {
        z = draws.normal(static_cast<std::uint32_t>(detail::Kind::noisy),
                         static_cast<std::uint32_t>(pixel / 4));
      }
      const float shift =
          static_cast<float>(deviation) * z[static_cast<std::size_t>(pixel % 4)].lane(0);
      result(i, pixel) = std::clamp(images(i, pixel) + shift, -1.0f, 1.0f);
    }
  }
  return result;
}

/// Which axes an image is mirrored about; both: a half turn, as in the tutorial.
enum class Flip { both, upside_down, left_right };

/// The images with their rows, their columns or both in reverse order.
[[nodiscard]] inline Samples<float> flipped(const ConstSamplesRef<float>& images,
                                            const ImageSize& size = {}, Flip flip = Flip::both) {
  return detail::rearranged("flipped", images, size, [&](int row, int column) {
    return std::pair{flip == Flip::left_right ? row : size.rows - 1 - row,
                     flip == Flip::upside_down ? column : size.columns - 1 - column};
  });
}

/// Where and how an image of half the size is made.
struct Shrink {
  bool average = false;  ///< means of 2x2 pixels; else every second pixel, as in the tutorial
  bool centred = false;  ///< in the middle; else in the upper left quarter, as in the tutorial
};

/// The images at half their size on background; a last odd row or column is left out.
[[nodiscard]] inline Samples<float> shrunk(const ConstSamplesRef<float>& images,
                                           const ImageSize& size = {}, const Shrink& how = {}) {
  const auto count = detail::channels("shrunk", images, size);
  const Eigen::Index height = size.rows, width = size.columns, small_height = height / 2,
                     small_width = width / 2;
  const Eigen::Index top = how.centred ? (height - small_height) / 2 : 0;
  const Eigen::Index left = how.centred ? (width - small_width) / 2 : 0;
  Samples<float> result = Samples<float>::Constant(images.rows(), images.cols(), -1.0f);
  for (Eigen::Index channel = 0; channel < count; ++channel) {
    const auto at = [&](Eigen::Index row, Eigen::Index column) {
      return (channel * height + row) * width + column;
    };
    for (Eigen::Index row = 0; row < small_height; ++row) {
      for (Eigen::Index column = 0; column < small_width; ++column) {
        const auto from = [&](int down, int right) {
          return images.col(at(2 * row + down, 2 * column + right));
        };
        auto to = result.col(at(top + row, left + column));
        if (how.average) {
          to = (from(0, 0) + from(0, 1) + from(1, 0) + from(1, 1)) / 4;
        } else {
          to = from(0, 0);
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
  detail::for_each_image(result, rng, detail::Kind::constant, first, [](auto image, auto& draws) {
    image.setConstant(detail::uniform_pixel(draws));
  });
  return result;
}

/// The images with pixels made white, in all channels, each with probability `share`, in [0, 1].
[[nodiscard]] inline Samples<float> salt(const ConstSamplesRef<float>& images, Rng rng,
                                         const ImageSize& size = {}, double share = 0.05,
                                         std::uint64_t first = 0) {
  require(share >= 0 && share <= 1, "salt: share must be in [0, 1], got ", share);
  detail::channels("salt", images, size);
  const Eigen::Index area = Eigen::Index{size.rows} * size.columns;
  Samples<float> result = images;
  detail::for_each_image(result, rng, detail::Kind::salt, first, [&](auto image, auto& draws) {
    for (Eigen::Index pixel = 0; pixel < area; ++pixel) {
      if (draws.uniform() >= share) continue;
      for (Eigen::Index at = pixel; at < image.size(); at += area) image[at] = 1;
    }
  });
  return result;
}

/// As many images of background with salt on it.
[[nodiscard]] inline Samples<float> blank_salt(const ConstSamplesRef<float>& images, Rng rng,
                                               const ImageSize& size = {}, double share = 0.05,
                                               std::uint64_t first = 0) {
  return salt(Samples<float>::Constant(images.rows(), images.cols(), -1.0f), rng, size, share,
              first);
}

/// The images with a white square of `side` x `side` pixels, wholly inside, at a random place.
///
/// side: 1 to the smaller size
[[nodiscard]] inline Samples<float> square(const ConstSamplesRef<float>& images, Rng rng,
                                           const ImageSize& size = {}, int side = 8,
                                           std::uint64_t first = 0) {
  const auto count = detail::channels("square", images, size);
  require(side >= 1 && side <= std::min(size.rows, size.columns), "square: side must be in [1, ",
          std::min(size.rows, size.columns), "], got ", side);
  Samples<float> result = images;
  detail::for_each_image(result, rng, detail::Kind::square, first, [&](auto image, auto& draws) {
    const Eigen::Index top = draws.below(static_cast<std::uint32_t>(size.rows - side + 1));
    const Eigen::Index left = draws.below(static_cast<std::uint32_t>(size.columns - side + 1));
    for (Eigen::Index channel = 0; channel < count; ++channel) {
      for (Eigen::Index row = top; row < top + side; ++row) {
        image.segment((channel * size.rows + row) * size.columns + left, side).setOnes();
      }
    }
  });
  return result;
}

/// The images with their pixels, whole with all channels, in an order of its own for each image.
[[nodiscard]] inline Samples<float> shuffled(const ConstSamplesRef<float>& images, Rng rng,
                                             const ImageSize& size = {}, std::uint64_t first = 0) {
  detail::channels("shuffled", images, size);
  const Eigen::Index area = Eigen::Index{size.rows} * size.columns;
  Samples<float> result = images;
  detail::for_each_image(result, rng, detail::Kind::shuffled, first, [&](auto image, auto& draws) {
    // Fisher and Yates; std::shuffle takes its numbers differently in each standard library.
    for (Eigen::Index left = area; left > 1; --left) {
      const Eigen::Index other = draws.below(static_cast<std::uint32_t>(left));
      for (Eigen::Index plane = 0; plane < image.size(); plane += area) {
        std::swap(image[plane + left - 1], image[plane + other]);
      }
    }
  });
  return result;
}

}  // namespace ebm::inline EBM_ABI::corruptions
