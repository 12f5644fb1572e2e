// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>

namespace ebm_mnist {

/// A trained classifier of digits, by whose features and classes samples are judged.
///
/// images: [image][pixel], finite; threads: as for `Model`
class Judge {
 public:
  virtual ~Judge() = default;

  /// What its last layer but one makes of each image: [image][feature]
  [[nodiscard]] virtual ebm::Samples<float> features(const ebm::Samples<float>& images,
                                                     int threads) const = 0;

  /// p(digit | image): [image][digit]
  [[nodiscard]] virtual ebm::Samples<float> probabilities(const ebm::Samples<float>& images,
                                                          int threads) const = 0;
};

}  // namespace ebm_mnist
