// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <ebm/nn/precision.hpp>
#include <vector>

namespace ebm::inline EBM_ABI {

/// The nearest number of bfloat16 (8 bits of significand), ties to even; not for NaN.
[[nodiscard]] inline float rounded_to_bfloat16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t half = 0x7FFF + ((bits >> 16) & 1);
  return std::bit_cast<float>((bits + half) & 0xFFFF0000U);
}

/// Precision: float, but each layer computes with its parameters rounded to bfloat16.
///
/// Shows what a model loses to such weights before there is hardware for them: parameters and
/// gradients stay float, and training goes straight through the rounding (Bengio, Leonard,
/// Courville, "Estimating or Propagating Gradients Through Stochastic Neurons", 2013, section 2.1).
struct Bfloat16Weights {
  using value_type = float;
  using weight_type = float;

  template <class Bound>
  struct As : Bound {
    static void freeze(const float* parameters, float* frozen) {
      Bound::freeze(rounded(parameters).data(), frozen);
    }
    static void finish_gradient(const float* parameters, const float* frozen, float* gradient) {
      Bound::finish_gradient(rounded(parameters).data(), frozen, gradient);
    }

   private:
    static std::vector<float> rounded(const float* parameters) {
      std::vector<float> values(parameters, parameters + layer_parameters<Bound>);
      for (float& value : values) value = rounded_to_bfloat16(value);
      return values;
    }
  };
};

static_assert(Precision<Bfloat16Weights>);

}  // namespace ebm::inline EBM_ABI
