// SPDX-License-Identifier: MIT
#pragma once

namespace ebm {  // the same for every instruction set

/// Options of `Langevin`; the defaults are those of the tutorial.
struct LangevinOptions {
  double step_size = 10;        ///< factor of the gradient, > 0
  double noise = 0.005;         ///< standard deviation of the noise of a step, >= 0
  double gradient_clip = 0.03;  ///< bound of each gradient element, > 0
  double low = -1, high = 1;    ///< the domain of each element, low < high

  friend bool operator==(const LangevinOptions&, const LangevinOptions&) = default;
};

}  // namespace ebm
