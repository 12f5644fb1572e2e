// SPDX-License-Identifier: MIT
// read_png_gray and read_png_images, of pictures of 256 x 256 pixels at most. What is accepted is
// written again, images as one column of a grid, and must be read as the same.
#include <ebm/io/png.hpp>

#include "memory_file.hpp"
#include "mutation.hpp"
#include "png_file.hpp"
#include "zlib_stream.hpp"

namespace {

constexpr int window = 15;

using ebm::io::GrayImages;

bool same(const GrayImages& a, const GrayImages& b) {
  return a.count == b.count && a.rows == b.rows && a.columns == b.columns && a.pixels == b.pixels;
}

/// A text that says how images are laid out, as pictures of a grid have it.
fuzz::PngChunk grid_chunk(fuzz::Dice& dice) {
  std::string text("ebm-grid\0", 9);
  for (const char* name : {"images", "height", "width", "columns", "padding", "scale"}) {
    if (dice.once_in(32)) continue;
    const auto number = dice.once_in(16) ? UINT32_MAX >> dice.below(32) : dice.below(5);
    text += std::string(name) + '=' + std::to_string(number) + ' ';
  }
  return {"tEXt", {text.begin(), text.end()}};
}

/// Changes one part of the file.
void change(std::vector<fuzz::PngChunk>& chunks, fuzz::Dice& dice) {
  constexpr std::array<const char*, 16> types{"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA",
                                              "sRGB", "iCCP", "sBIT", "cHRM", "bKGD", "tEXt",
                                              "zTXt", "iTXt", "acTL", "fcTL"};
  const auto place = static_cast<std::ptrdiff_t>(dice.below(chunks.size()));
  auto& [type, content] = chunks[static_cast<std::size_t>(place)];
  switch (dice.below(10)) {
    case 0:  // the picture's size
      if (chunks[0].content.size() != 13) return;
      chunks[0].content[3] = static_cast<std::uint8_t>(dice.below(20));
      chunks[0].content[7] = static_cast<std::uint8_t>(dice.below(20));
      return;
    case 1: {  // bits and kind of a pixel, and whether rows are interlaced
      if (chunks[0].content.size() != 13) return;
      constexpr std::array<std::uint8_t, 5> bits{1, 2, 4, 8, 16}, kinds{0, 2, 3, 4, 6};
      chunks[0].content[8] = dice.one_of(bits);
      chunks[0].content[9] = dice.one_of(kinds);
      chunks[0].content[12] = static_cast<std::uint8_t>(dice.below(2));
      return;
    }
    case 2:
      type = dice.one_of(types);
      return;
    case 3:
      fuzz::mutate(type, 4);
      return type.resize(4, 'a');
    case 4:
      chunks.erase(chunks.begin() + place);
      return;
    case 5:
      return std::swap(chunks[static_cast<std::size_t>(place)], dice.one_of(chunks));
    case 6:
      chunks.insert(chunks.begin() + place, {dice.one_of(types), content});
      return;
    case 7:
      chunks.insert(chunks.begin() + place, grid_chunk(dice));
      return;
    default:
      return fuzz::mutate(content, content.size() + 16);
  }
}

/// Changes the pixels, and gives the file as many as its header says.
void change_pixels(std::vector<fuzz::PngChunk>& chunks, fuzz::Dice& dice) {
  constexpr std::size_t most = 1 << 16;
  fuzz::Bytes stream;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].type != "IDAT") continue;
    if (!first) first = i;
    stream.insert(stream.end(), chunks[i].content.begin(), chunks[i].content.end());
  }
  if (!first) return;
  auto pixels = fuzz::inflated<window>(stream, most).value_or(fuzz::Bytes{});
  if (dice.once_in(2)) fuzz::mutate(pixels, pixels.size() + 64);
  const auto size = fuzz::png_pixel_bytes(chunks[0].content);
  if (size && !dice.once_in(16)) pixels.resize(*size);
  std::erase_if(chunks, [](const fuzz::PngChunk& chunk) { return chunk.type == "IDAT"; });
  const auto packed = fuzz::deflated<window>(pixels);
  const auto cut = static_cast<std::ptrdiff_t>(dice.once_in(4) ? dice.below(packed.size() + 1) : 0);
  const auto place = chunks.begin() + static_cast<std::ptrdiff_t>(*first);
  const auto rest = chunks.insert(place, {"IDAT", {packed.begin() + cut, packed.end()}});
  if (cut > 0) chunks.insert(rest, {"IDAT", {packed.begin(), packed.begin() + cut}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "input", copy = folder / "copy";
  constexpr ebm::io::PictureLimit limit{256, 256};
  fuzz::put_in_memory(file, {data, size});
  GrayImages images, picture;
  if (!fuzz::accepts([&] { images = ebm::io::read_png_images(file, limit); })) return 0;
  ebm::io::detail::check_sizes(images);
  if (!fuzz::is_one_in(16, {data, size})) return 0;
  if (fuzz::accepts([&] { picture = ebm::io::read_png_gray(file, limit); })) {
    ebm::io::write_png(copy, {picture.rows, picture.columns, 1, picture.pixels});
    fuzz::expect(same(ebm::io::read_png_gray(copy, limit), picture),
                 "a picture that is written again is the same");
  }
  ebm::io::write_png(copy,
                     {images.count * images.rows,
                      images.columns,
                      1,
                      images.pixels,
                      {.images = images.count, .height = images.rows, .width = images.columns}});
  fuzz::expect(same(ebm::io::read_png_images(copy, limit), images),
               "images that are written again are the same");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  fuzz::Dice dice(seed);
  auto chunks = fuzz::png_chunks({data, size});
  if (chunks.empty() || dice.once_in(12)) return LLVMFuzzerMutate(data, size, most);
  do {
    if (!chunks.empty()) change(chunks, dice);
  } while (dice.once_in(3));
  if (!chunks.empty() && !dice.once_in(4)) change_pixels(chunks, dice);
  auto file = fuzz::png_of(chunks);
  if (dice.once_in(16)) fuzz::mutate(file, most);
  return fuzz::hand_over(file, data, most);
}
