// SPDX-License-Identifier: MIT
// read_idx_images and read_idx_labels of files that are not compressed.
#include "idx_file.hpp"
#include "memory_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "input", copy = folder / "copy";
  fuzz::put_in_memory(file, {data, size});
  fuzz::try_idx(file, copy, size < 4 ? 0u : data[3], fuzz::is_one_in(32, {data, size}));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  fuzz::Dice dice(seed);
  fuzz::Bytes file(data, data + size);
  fuzz::mutate_idx(file, most, dice);
  return fuzz::hand_over(file, data, most);
}
