// SPDX-License-Identifier: MIT
#include <array>
#include <cstdint>
#include <ebm/random/philox.hpp>

#include "support/catch.hpp"

using namespace ebm;

namespace {

using Words = std::array<std::uint32_t, 4>;

}  // namespace

TEST_CASE("Philox4x32-10 gives the known answers of Random123") {
  struct Known {
    Words counter;
    PhiloxKey key;
    Words answer;
  };
  const Known known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const auto& [counter, key, answer] : known) CHECK(philox(counter, key) == answer);
}

TEMPLATE_TEST_CASE("every lane of a pack is hashed as a word of its own", "",
                   (Pack<std::uint32_t, 16>), (Pack<std::uint32_t, 1>)) {
  using P = TestType;
  constexpr std::size_t size = P::size;
  const PhiloxKey key{0x12345678, 0x9abcdef0};
  std::array<Words, size> counters;
  for (std::uint32_t lane = 0; lane < size; ++lane) {
    counters[lane] = philox(Words{lane, 1, 2, 3}, {7, 8});  // arbitrary words
  }
  std::array<P, 4> packed;
  for (std::size_t word = 0; word < 4; ++word) {
    alignas(P) std::uint32_t values[size];
    for (std::size_t lane = 0; lane < size; ++lane) values[lane] = counters[lane][word];
    packed[word] = P::load(values);
  }
  const auto hashed = philox(packed, key);
  for (std::size_t lane = 0; lane < size; ++lane) {
    const Words expected = philox(counters[lane], key);
    for (std::size_t word = 0; word < 4; ++word) {
      CHECK(hashed[word].lane(static_cast<int>(lane)) == expected[word]);
    }
  }
}
