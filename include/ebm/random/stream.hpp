// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <ebm/core/attributes.hpp>
#include <ebm/random/philox.hpp>

/// Which random numbers are drawn for what: streams that never overlap.
namespace ebm::inline EBM_ABI {

/// What a stream of random numbers is for; user programs take values from `user` on.
enum class Purpose : std::uint32_t {
  initialisation = 1,
  shuffle,
  data_noise,
  chain_noise,
  fresh_chains,
  refill,
  validation,
  corruption,
  pictures,
  acceptance,
  loss_noise,
  probes,
  contrast,
  projections,
  last_step,
  couplings,
  user = 1000,
};

/// The streams of one run: a seed gives one key a purpose.
struct Rng {
  std::uint32_t seed = 0;

  [[nodiscard]] constexpr PhiloxKey stream(Purpose purpose) const noexcept {
    return {seed, static_cast<std::uint32_t>(purpose)};
  }
};

/// A sequence of words from one stream: counters (`id`, `step`, 0), (`id`, `step`, 1), ...
///
/// For choices that are made one by one (shuffling, initialisation); meets
/// `std::uniform_random_bit_generator`.
class Sequence {
 public:
  using result_type = std::uint32_t;

  explicit Sequence(PhiloxKey key, std::uint64_t id = 0, std::uint32_t step = 0) noexcept
      : key_(key), id_(id), step_(step) {}

  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return 0xFFFFFFFFu; }

  /// The words 4 * `group` to 4 * `group` + 3 of a sequence.
  [[nodiscard]] static EBM_INLINE std::array<std::uint32_t, 4> words(PhiloxKey key,
                                                                     std::uint64_t id,
                                                                     std::uint32_t step,
                                                                     std::uint32_t group) noexcept {
    return philox(std::array<std::uint32_t, 4>{static_cast<std::uint32_t>(id),
                                               static_cast<std::uint32_t>(id >> 32), step, group},
                  key);
  }

  result_type operator()() noexcept {
    if (next_ == 4) {
      words_ = words(key_, id_, step_, group_++);
      next_ = 0;
    }
    return words_[static_cast<std::size_t>(next_++)];
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() noexcept {
    const std::uint64_t high = (*this)() >> 5;
    const std::uint64_t low = (*this)() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1p-53;
  }

  /// Uniform in [0, bound), without bias; `bound` > 0.
  ///
  /// Source: Lemire, "Fast Random Integer Generation in an Interval", TOMACS 2019.
  std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{(*this)()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0u - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) {
        product = std::uint64_t{(*this)()} * bound;
      }
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  PhiloxKey key_;
  std::uint64_t id_;
  std::uint32_t step_;
  std::uint32_t group_ = 0;
  int next_ = 4;
  std::array<std::uint32_t, 4> words_{};
};

/// A random word's upper 24 bits as a number that is uniform in [low, high); low < high in T.
template <class T>
EBM_INLINE T uniform_between(std::uint32_t word, double low, double high) noexcept {
  const double share = static_cast<double>(word >> 8) * 0x1p-24;
  const T value = static_cast<T>(low + (high - low) * share), end = static_cast<T>(high);
  return value < end ? value : std::nextafter(end, static_cast<T>(low));  // rounding reached it
}

}  // namespace ebm::inline EBM_ABI
