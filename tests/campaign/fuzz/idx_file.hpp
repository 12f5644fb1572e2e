// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/io/idx.hpp>

#include "checks.hpp"
#include "mutation.hpp"

/// IDX files: what is tried of them, gzipped or not, and how they are mutated.
namespace fuzz {

/// Reads a file of images or labels. What is accepted is written again and must be read as the
/// same.
///
/// kind: odd for labels
inline void try_idx(const std::filesystem::path& file, const std::filesystem::path& copy,
                    unsigned kind, bool writes) {
  if (kind % 4 == 1) {
    std::vector<std::uint8_t> labels;
    if (!accepts([&] { labels = ebm::io::read_idx_labels(file); }) || !writes) return;
    ebm::io::write_idx_labels(copy, labels);
    expect(ebm::io::read_idx_labels(copy) == labels, "labels that are written again are the same");
    return;
  }
  ebm::io::GrayImages images;
  if (!accepts([&] { images = ebm::io::read_idx_images(file); })) return;
  const auto pixels =
      std::size_t(images.count) * std::size_t(images.rows) * std::size_t(images.columns);
  expect(images.count >= 0 && images.rows > 0 && images.columns > 0, "images have sizes");
  expect(images.pixels.size() == pixels, "images have as many pixels as their sizes say");
  if (!writes) return;
  ebm::io::write_idx_images(copy, images);
  const auto again = ebm::io::read_idx_images(copy);
  expect(again.count == images.count && again.rows == images.rows &&
             again.columns == images.columns && again.pixels == images.pixels,
         "images that are written again are the same");
}

/// Changes a file's bytes, and most of the time makes its header fit them.
inline void mutate_idx(Bytes& file, std::size_t most, Dice& dice) {
  mutate(file, most);
  if (dice.once_in(4)) return;
  const std::size_t dimensions = dice.once_in(2) ? 1 : 3, header = 4 * (1 + dimensions);
  if (file.size() < header) file.resize(header);
  const auto put_number = [&](std::size_t place, std::size_t number) {
    for (std::size_t i = 0; i < 4; ++i) {
      file[4 * place + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
  };
  const std::size_t size = file.size() - header;
  const std::size_t rows = dimensions == 1 ? 1 : 1 + dice.below(5);
  const std::size_t columns = dimensions == 1 ? 1 : 1 + dice.below(5);
  put_number(0, 0x0800 + dimensions);
  put_number(1, size / rows / columns + (dice.once_in(16) ? 1 : 0));
  if (dimensions == 3) {
    put_number(2, rows);
    put_number(3, columns);
  }
  if (dice.once_in(4)) return;
  file.resize(header + size / rows / columns * rows * columns);
}

}  // namespace fuzz
