// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <vector>

/// How near restored images are to the original ones.
namespace ebm::inline EBM_ABI {

/// The peak signal-to-noise ratio of each image in decibels:
///
///     10 log10(peak^2 / mean over pixels of (image - original)^2)
///
/// images, originals: [image][pixel]; result: [image], infinite where both are the same
/// peak: the width of the pixels' range, > 0; 2 for pixels in [-1, 1]
/// Throws `InvalidArgument` unless there are as many originals of the same size, at least a pixel.
[[nodiscard]] inline std::vector<double> psnr(const ConstSamplesRef<float>& images,
                                              const ConstSamplesRef<float>& originals,
                                              double peak = 2) {
  require(images.rows() == originals.rows() && images.cols() == originals.cols(), "psnr: got ",
          images.rows(), " images of ", images.cols(), " pixels and ", originals.rows(),
          " originals of ", originals.cols(), ", expected as many of one size");
  require(images.cols() > 0, "psnr: images have no pixels");
  require(peak > 0 && std::isfinite(peak), "psnr: peak must be > 0 and finite, got ", peak);
  std::vector<double> result;
  for (Eigen::Index row = 0; row < images.rows(); ++row) {
    double squares = 0;
    for (Eigen::Index i = 0; i < images.cols(); ++i) {
      const double difference = double{images(row, i)} - double{originals(row, i)};
      squares += difference * difference;
    }
    const double mean = squares / static_cast<double>(images.cols());
    result.push_back(10 * std::log10(peak * peak / mean));
  }
  return result;
}

}  // namespace ebm::inline EBM_ABI
