// SPDX-License-Identifier: MIT
// Compiled for several instruction sets, with another NAME each: the main function calls all.
#include <cstdint>
#include <cstdio>

#if defined(NAME)
#include <bit>
#include <ebm/ebm.hpp>

using namespace ebm;

void NAME(std::uint32_t* sum_of_bits) {
  Neural<Sequential<Shape<32>, Linear<16>, Swish, Linear<1>>> network(Rng{1});
  Samples<float> samples(16, 32);
  for (int i = 0; i < 16 * 32; ++i) samples.data()[i] = 0.01f * static_cast<float>(i);
  *sum_of_bits = 0;
  for (const float energy : energies(network, samples)) {
    *sum_of_bits += std::bit_cast<std::uint32_t>(energy);
  }
}

#if defined(CALLED)
void CALLED(const Rng& rng);  // in a file for another instruction set
void calls_with_a_type_of_ebm() {
  CALLED(Rng{});
}
#elif defined(CALLABLE)
void CALLABLE(const Rng&) {}
#endif

#else
void plain(std::uint32_t* sum_of_bits);
void fast(std::uint32_t* sum_of_bits);

int main() {
  std::uint32_t by_plain = 0, by_fast = 0;
  plain(&by_plain);
  fast(&by_fast);
  std::printf("%08x %08x\n", static_cast<unsigned>(by_plain), static_cast<unsigned>(by_fast));
}
#endif
