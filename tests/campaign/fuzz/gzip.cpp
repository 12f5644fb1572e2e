// SPDX-License-Identifier: MIT
// read_idx_images and read_idx_labels of gzipped files. The mutator changes what is compressed; now
// and then it breaks the stream, cuts it in two members, or blows it up.
#include "idx_file.hpp"
#include "memory_file.hpp"
#include "zlib_stream.hpp"

namespace {

constexpr int window = 9 + fuzz::as_gzip, any_window = 15 + fuzz::as_gzip;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "input", copy = folder / "copy";
  fuzz::put_in_memory(file, {data, size});
  // The last bytes are the content's size, so the kind follows the content.
  const unsigned kind = size < 4 || data[size - 4] % 2 == 0 ? 3 : 1;
  fuzz::try_idx(file, copy, kind, fuzz::is_one_in(32, {data, size}));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  constexpr std::size_t largest = 1 << 14, bomb = 1 << 20;
  fuzz::Dice dice(seed);
  auto content = fuzz::inflated<any_window>({data, size}, largest);
  if (!content || dice.once_in(8)) return LLVMFuzzerMutate(data, size, most);
  fuzz::mutate_idx(*content, content->size() + 64, dice);
  if (dice.once_in(512)) content->resize(bomb);
  const std::span<const std::uint8_t> bytes(*content);
  const std::size_t cut = dice.once_in(8) ? dice.below(bytes.size() + 1) : bytes.size();
  auto file = fuzz::deflated<window>(bytes.first(cut));
  if (cut < bytes.size()) {
    const auto second = fuzz::deflated<window>(bytes.subspan(cut));
    file.insert(file.end(), second.begin(), second.end());
  }
  if (dice.once_in(8)) fuzz::mutate(file, most);
  return fuzz::hand_over(file, data, most);
}
