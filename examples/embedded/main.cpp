// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <ebm/energy/neural.hpp>
#include <ebm/energy/scorer.hpp>
#include <new>

#include "mnist/network.hpp"
#include "weights.hpp"  // by: ebm-mnist embed --model tutorial --out weights.hpp

// How often this program takes memory.
namespace {
int allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* const memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

/// A program that carries its model in it: it reads no file, and takes no memory once it has begun.
int main() {
  ebm::Neural<ebm_mnist::Network> energy;
  ebm::load_embedded(weights::tensors, energy);
  ebm::Scorer scorer(energy);

  float image[28 * 28];
  const auto score_of = [&](auto&& pixel) {
    for (int row = 0; row < 28; ++row) {
      for (int column = 0; column < 28; ++column) image[28 * row + column] = pixel(row, column);
    }
    return scorer(image);
  };
  const auto stroke = [](int row, int column) {  // a one, as it is written
    return row > 4 && row < 23 && column > 12 && column < 16 ? 1.0f : -1.0f;
  };
  const auto board = [](int row, int column) {
    return (row / 2 + column / 2) % 2 == 0 ? 1.0f : -1.0f;
  };
  static_cast<void>(score_of(stroke));  // the first takes what the others need

  const int before = allocations;
  const float one = score_of(stroke), squares = score_of(board);
  const int taken = allocations - before;
  std::printf("score of a one %.3f, of a chess board %.3f; memory taken %d times\n",
              static_cast<double>(one), static_cast<double>(squares), taken);
  return taken == 0 && one > squares + 1 ? 0 : 1;
}
