// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <ebm/core/pack.hpp>

/// Philox4x32-10, a random number generator without state: a hash of a counter under a key.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
namespace ebm {

namespace detail {

EBM_INLINE simd::WideProduct<std::uint32_t> multiply_wide(std::uint32_t a,
                                                          std::uint32_t factor) noexcept {
  return simd::multiply_wide(a, factor);
}

template <int L>
EBM_INLINE simd::WideProduct<Pack<std::uint32_t, L>> multiply_wide(const Pack<std::uint32_t, L>& a,
                                                                   std::uint32_t factor) noexcept {
  simd::WideProduct<Pack<std::uint32_t, L>> product;
  unroll<Pack<std::uint32_t, L>::registers>([&](auto i) EBM_INLINE_LAMBDA {
    const auto part = simd::multiply_wide(a.reg[i], factor);
    product.low.reg[i] = part.low;
    product.high.reg[i] = part.high;
  });
  return product;
}

}  // namespace detail

/// The key of a stream of random numbers: a seed, and what the numbers are for.
struct PhiloxKey {
  std::uint32_t seed = 0;
  std::uint32_t purpose = 0;
};

/// Hashes four counter words into four random words; `Word` is `std::uint32_t` or a pack of them.
///
/// Source: Salmon et al. 2011, section 3.3; ten rounds.
template <class Word>
EBM_INLINE std::array<Word, 4> philox(const std::array<Word, 4>& start, PhiloxKey key) noexcept {
  auto counter = start;
  unroll<10>([&](auto) EBM_INLINE_LAMBDA {
    const auto first = detail::multiply_wide(counter[0], 0xD2511F53u);
    const auto second = detail::multiply_wide(counter[2], 0xCD9E8D57u);
    counter = {second.high ^ counter[1] ^ Word(key.seed), second.low,
               first.high ^ counter[3] ^ Word(key.purpose), first.low};
    key.seed += 0x9E3779B9u;
    key.purpose += 0xBB67AE85u;
  });
  return counter;
}

}  // namespace ebm
