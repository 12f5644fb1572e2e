// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ebm/core/pack.hpp>

/// Philox4x32-10, a random number generator without state: a hash of a counter under a key.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
namespace ebm::inline EBM_ABI {

/// The key of a stream of random numbers: a seed, and what the numbers are for.
struct PhiloxKey {
  std::uint32_t seed = 0;
  std::uint32_t purpose = 0;
};

namespace detail {

/// The low and the high word of a product.
template <class Word>
struct WideProduct {
  Word low;
  Word high;
};

EBM_INLINE WideProduct<std::uint32_t> multiply_wide(std::uint32_t a,
                                                    std::uint32_t factor) noexcept {
  const std::uint64_t product = std::uint64_t{a} * factor;
  return {static_cast<std::uint32_t>(product), static_cast<std::uint32_t>(product >> 32)};
}

/// The words of a register `Narrow`, each in the lower half of a lane of `Wide`, which is twice as
/// wide; the upper halves hold anything.
///
/// SIMD units multiply 32-bit words where they find them so, and such a product is itself a word
/// again: all rounds of the hash stay in this form.
template <class Narrow, class Wide>
struct SpreadWords {
  Wide even, odd;

  SpreadWords() = default;
  EBM_INLINE SpreadWords(Wide even_, Wide odd_) noexcept : even(even_), odd(odd_) {}
  EBM_INLINE explicit SpreadWords(std::uint32_t word) noexcept
      : even(simd::broadcast<Wide>(word)), odd(even) {}
  EBM_INLINE explicit SpreadWords(Narrow words) noexcept
      : even(simd::bit_cast<Wide>(words)), odd(even >> 32) {}

  friend EBM_INLINE Narrow gathered(const SpreadWords& a) noexcept {
    return simd::bit_cast<Narrow>((a.even & 0xFFFFFFFFu) | (a.odd << 32));
  }
  friend EBM_INLINE SpreadWords operator^(const SpreadWords& a, const SpreadWords& b) noexcept {
    return {a.even ^ b.even, a.odd ^ b.odd};
  }
};

template <class Narrow, class Wide>
EBM_INLINE WideProduct<SpreadWords<Narrow, Wide>> multiply_wide(const SpreadWords<Narrow, Wide>& a,
                                                                std::uint32_t factor) noexcept {
  const Wide even = simd::multiply_low_halves(a.even, factor);
  const Wide odd = simd::multiply_low_halves(a.odd, factor);
  return {{even, odd}, {even >> 32, odd >> 32}};
}

/// A scalar word is hashed as it is.
EBM_INLINE std::uint32_t gathered(std::uint32_t word) noexcept {
  return word;
}

/// What a register `Narrow` of words is hashed as; half of them fill a register of `HalfLanes`.
template <class Narrow, int HalfLanes>
struct HashedWord {
  using type = SpreadWords<Narrow, simd::Register<std::uint64_t, HalfLanes>>;
};
template <int HalfLanes>
struct HashedWord<std::uint32_t, HalfLanes> {
  using type = std::uint32_t;
};

/// Ten rounds on N counters of four words; side by side they fill the multiplier.
template <int N, class Word>
EBM_INLINE void philox_rounds(Word (&counter)[std::size_t{N}][4], PhiloxKey key) noexcept {
  EBM_UNROLL
  for (int round = 0; round < 10; ++round) {
    EBM_UNROLL
    for (int n = 0; n < N; ++n) {
      Word(&c)[4] = counter[n];
      const auto first = multiply_wide(c[0], 0xD2511F53u);
      const auto second = multiply_wide(c[2], 0xCD9E8D57u);
      c[0] = second.high ^ c[1] ^ Word(key.seed);
      c[1] = second.low;
      c[2] = first.high ^ c[3] ^ Word(key.purpose);
      c[3] = first.low;
    }
    key.seed += 0x9E3779B9u;
    key.purpose += 0xBB67AE85u;
  }
}

}  // namespace detail

/// Hashes four counter words into four random words.
///
/// Source: Salmon et al. 2011, section 3.3; ten rounds.
EBM_INLINE std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                               PhiloxKey key) noexcept {
  std::uint32_t words[1][4] = {{counter[0], counter[1], counter[2], counter[3]}};
  detail::philox_rounds<1>(words, key);
  return {words[0][0], words[0][1], words[0][2], words[0][3]};
}

/// The same for several counters of packs, lane by lane.
template <std::size_t N, int L>
EBM_INLINE std::array<std::array<Pack<std::uint32_t, L>, 4>, N> philox(
    std::array<std::array<Pack<std::uint32_t, L>, 4>, N> counters, PhiloxKey key) noexcept {
  using Words = Pack<std::uint32_t, L>;
  using Narrow = typename Words::Register;
  constexpr int all = static_cast<int>(N) * Words::registers;
  // The four words of one register's counters fill eight registers.
  constexpr int together = std::min(all, simd::register_count / 16);
  static_assert(all % together == 0);
  using detail::gathered;
  // How a word stands in a register while it is hashed.
  using Word = typename detail::HashedWord<Narrow, simd::width<std::uint32_t, L> / 2>::type;
  EBM_UNROLL
  for (int first = 0; first < all; first += together) {
    const auto place = [&](int n, std::size_t word) EBM_INLINE_LAMBDA -> Narrow& {
      return counters[static_cast<std::size_t>((first + n) / Words::registers)][word]
          .reg[(first + n) % Words::registers];
    };
    Word words[std::size_t{together}][4];
    EBM_UNROLL
    for (int n = 0; n < together; ++n) {
      EBM_UNROLL
      for (std::size_t word = 0; word < 4; ++word) words[n][word] = Word(place(n, word));
    }
    detail::philox_rounds<together>(words, key);
    EBM_UNROLL
    for (int n = 0; n < together; ++n) {
      EBM_UNROLL
      for (std::size_t word = 0; word < 4; ++word) {
        place(n, word) = gathered(words[n][word]);
      }
    }
  }
  return counters;
}

/// The same for one counter of packs.
template <int L>
EBM_INLINE std::array<Pack<std::uint32_t, L>, 4> philox(
    const std::array<Pack<std::uint32_t, L>, 4>& counter, PhiloxKey key) noexcept {
  return philox(std::array<std::array<Pack<std::uint32_t, L>, 4>, 1>{counter}, key)[0];
}

}  // namespace ebm::inline EBM_ABI
