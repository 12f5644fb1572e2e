// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

/// libFuzzer's own mutations of a run of bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

/// What mutators that know a format are made of.
namespace fuzz {

/// The choices of one mutation, which a seed decides.
class Dice {
 public:
  explicit Dice(unsigned seed) : numbers_(seed) {}

  /// A number in [0, count).
  [[nodiscard]] std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(numbers_);
  }
  /// True once in so many times.
  [[nodiscard]] bool once_in(std::size_t times) { return below(times) == 0; }
  template <class Values>
  [[nodiscard]] auto& one_of(Values& values) {
    return values[below(std::size(values))];
  }

 private:
  std::minstd_rand numbers_;
};

/// Lets libFuzzer change bytes or a text, which may grow by a few dozen.
template <class Text>
void mutate(Text& text, std::size_t most) {
  constexpr std::size_t growth = 64;
  const std::size_t size = std::min(text.size(), most);
  text.resize(std::min(size + growth, most));
  if (text.empty()) return;
  auto* const data = reinterpret_cast<std::uint8_t*>(text.data());
  text.resize(LLVMFuzzerMutate(data, size, text.size()));
}

/// Hands a mutated file to libFuzzer, or what fits of it.
template <class Text>
[[nodiscard]] std::size_t hand_over(const Text& file, std::uint8_t* data, std::size_t most) {
  const std::size_t size = std::min(file.size(), most);
  std::copy_n(file.begin(), size, data);
  return size;
}

}  // namespace fuzz
