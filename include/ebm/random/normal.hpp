// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <ebm/core/math.hpp>
#include <ebm/random/philox.hpp>
#include <span>

/// Uniform and normal draws for a block of chains: what a chain gets depends on its id alone.
namespace ebm::inline EBM_ABI {

namespace detail {

/// Each word as a number of type `T` in [-2^31, 2^31), read as a signed integer.
template <class T, int L>
EBM_INLINE Pack<T, L> signed_to_real(const Pack<std::uint32_t, L>& words) noexcept {
  if constexpr (std::is_same_v<T, float>) {
    const auto integers = bit_cast<std::int32_t>(words);
    Pack<float, L> result;
    EBM_UNROLL
    for (int i = 0; i < Pack<float, L>::registers; ++i) {
      result.reg[i] = simd::to_float(integers.reg[i]);
    }
    return result;
  } else {
    alignas(64) std::uint32_t in[std::size_t{L}];
    alignas(64) T out[std::size_t{L}];
    words.store(in);
    for (int i = 0; i < L; ++i) out[i] = static_cast<T>(static_cast<std::int32_t>(in[i]));
    return Pack<T, L>::load(out);
  }
}

}  // namespace detail

/// Uniform in (0, 1] from the upper 31 bits of each word; the smallest value is 2^-32.
template <class T, int L>
EBM_INLINE Pack<T, L> uniform_open(const Pack<std::uint32_t, L>& words) noexcept {
  const auto integer = detail::signed_to_real<T>(words >> 1);
  return (integer + Pack<T, L>(T(0.5))) * Pack<T, L>(T(0x1p-31));
}

/// Uniform in [-1, 1), a multiple of 2^-23, from the upper 24 bits of each word.
template <class T, int L>
EBM_INLINE Pack<T, L> uniform_symmetric(const Pack<std::uint32_t, L>& words) noexcept {
  const auto integer = detail::signed_to_real<T>(words >> 8);
  return fma(integer, Pack<T, L>(T(0x1p-23)), Pack<T, L>(T(-1)));
}

/// Two independent standard normal draws from two words a lane; |z| <= 6.67.
///
/// z = sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v). The angle is reduced as an integer: v's upper bits
/// are the quadrant, the rest is exact.
/// Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
template <class T, int L>
EBM_INLINE std::array<Pack<T, L>, 2> box_muller(const Pack<std::uint32_t, L>& radius_word,
                                                const Pack<std::uint32_t, L>& angle_word) noexcept {
  using Words = Pack<std::uint32_t, L>;
  const auto u = uniform_open<T>(radius_word);
  const auto radius = sqrt(Pack<T, L>(T(-2)) * detail::log_positive(u));

  // The nearest quarter turn, and what is left of the angle: within an eighth of a turn.
  const auto quadrant = (angle_word + Words(1u << 29)) >> 30;
  const auto rest = detail::signed_to_real<T>(angle_word - (quadrant << 30));
  const auto angle = rest * Pack<T, L>(T(6.28318530717958647692 * 0x1p-32));
  Pack<T, L> sine, cosine;
  detail::sincos_reduced(angle, sine, cosine);
  if constexpr (sizeof(T) == 4) {
    detail::turn_quadrant(quadrant, sine, cosine);
  } else {
    alignas(64) std::uint32_t narrow[std::size_t{L}];
    alignas(64) std::uint64_t wide[std::size_t{L}];
    quadrant.store(narrow);
    for (int i = 0; i < L; ++i) wide[i] = narrow[i];
    detail::turn_quadrant(Pack<std::uint64_t, L>::load(wide), sine, cosine);
  }
  return {radius * cosine, radius * sine};
}

/// Draws for the chains `first_chain`, `first_chain` + 1, ... of a block, one a lane.
///
/// Counter: (chain, step, group); a group is four elements. No state: any draw can be made again.
template <class T, int L = lanes>
class ChainDraws {
 public:
  using Words = Pack<std::uint32_t, L>;

  EBM_INLINE ChainDraws(PhiloxKey key, std::uint64_t first_chain) noexcept : key_(key) {
    for (int lane = 0; lane < L; ++lane) {
      const std::uint64_t chain = first_chain + static_cast<std::uint64_t>(lane);
      chain_low_[lane] = static_cast<std::uint32_t>(chain);
      chain_high_[lane] = static_cast<std::uint32_t>(chain >> 32);
    }
  }

  /// Random words for elements 4 * `group` to 4 * `group` + 3 in step `step`.
  [[nodiscard]] EBM_INLINE std::array<Words, 4> words(std::uint32_t step,
                                                      std::uint32_t group) const noexcept {
    return hashed<1, L>(0, step, group)[0];
  }

  /// Standard normal draws for the elements of `Groups` groups from `group` on; two at once take
  /// less time than one after the other.
  template <std::size_t Groups = 1>
  [[nodiscard]] EBM_INLINE std::array<Pack<T, L>, 4 * Groups> normal(
      std::uint32_t step, std::uint32_t group) const noexcept {
    if constexpr (L == 1) {
      return normal_of<Groups, 1>(0, step, group);
    } else {
      alignas(64) T z[4 * Groups * L];
      store_normals<Groups>(step, group, z);
      std::array<Pack<T, L>, 4 * Groups> packs;
      EBM_UNROLL
      for (std::size_t i = 0; i < 4 * Groups; ++i) packs[i] = Pack<T, L>::load(z + i * L);
      return packs;
    }
  }

  /// Uniform draws in [-1, 1) for the four elements of a group.
  [[nodiscard]] EBM_INLINE std::array<Pack<T, L>, 4> uniform(std::uint32_t step,
                                                             std::uint32_t group) const noexcept {
    const auto w = words(step, group);
    return {uniform_symmetric<T>(w[0]), uniform_symmetric<T>(w[1]), uniform_symmetric<T>(w[2]),
            uniform_symmetric<T>(w[3])};
  }

 private:
  template <std::size_t Groups, int Lanes>
  using Hashed = std::array<std::array<Pack<std::uint32_t, Lanes>, 4>, Groups>;

  /// The words of `Groups` groups for `Lanes` lanes from `lane` on.
  template <std::size_t Groups, int Lanes>
  [[nodiscard]] EBM_INLINE Hashed<Groups, Lanes> hashed(int lane, std::uint32_t step,
                                                        std::uint32_t group) const noexcept {
    using P = Pack<std::uint32_t, Lanes>;
    const P low = P::load(chain_low_ + lane), high = P::load(chain_high_ + lane);
    Hashed<Groups, Lanes> counters;
    EBM_UNROLL
    for (std::size_t g = 0; g < Groups; ++g) {
      counters[g] = {low, high, P(step), P(group + static_cast<std::uint32_t>(g))};
    }
    return philox(counters, key_);
  }

  template <std::size_t Groups, int Lanes>
  [[nodiscard]] EBM_INLINE std::array<Pack<T, Lanes>, 4 * Groups> normal_of(
      int lane, std::uint32_t step, std::uint32_t group) const noexcept {
    const auto w = hashed<Groups, Lanes>(lane, step, group);
    std::array<Pack<T, Lanes>, 4 * Groups> z;
    EBM_UNROLL
    for (std::size_t i = 0; i < 2 * Groups; ++i) {
      const auto pair = box_muller<T>(w[i / 2][i % 2 * 2], w[i / 2][i % 2 * 2 + 1]);
      z[2 * i] = pair[0];
      z[2 * i + 1] = pair[1];
    }
    return z;
  }

  /// A function of its own, which all samplers share, and a register of lanes after the other.
  ///
  /// z: [element][lane]
  template <std::size_t Groups>
  EBM_NOINLINE void store_normals(std::uint32_t step, std::uint32_t group, T* z) const noexcept {
    constexpr int together = simd::width<float, L>;
    for (int lane = 0; lane < L; lane += together) {
      const auto values = normal_of<Groups, together>(lane, step, group);
      EBM_UNROLL
      for (std::size_t i = 0; i < 4 * Groups; ++i) values[i].store(z + i * L + lane);
    }
  }

  PhiloxKey key_;
  alignas(64) std::uint32_t chain_low_[std::size_t{L}];
  alignas(64) std::uint32_t chain_high_[std::size_t{L}];
};

/// Adds `deviation` times the normal draws of a chain in a step to its elements.
template <class T>
void add_normal(std::span<T> x, double deviation, const ChainDraws<T, 1>& draws,
                std::uint32_t step = 0) noexcept {
  const T factor = static_cast<T>(deviation);
  for (std::size_t i = 0; i < x.size(); i += 4) {
    const auto z = draws.normal(step, static_cast<std::uint32_t>(i / 4));
    for (std::size_t k = 0; k < 4 && i + k < x.size(); ++k) x[i + k] += factor * z[k].lane(0);
  }
}

}  // namespace ebm::inline EBM_ABI
