// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/idx.hpp>
#include <ebm/io/image_samples.hpp>
#include <ebm/io/quoted.hpp>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// The MNIST digits, wherever a folder has them.
namespace ebm::inline EBM_ABI::io {

/// Where the four files are.
struct MnistFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;
};

/// The digits as bytes, a quarter of the memory of samples; `to_samples` makes samples of them.
struct Mnist {
  GrayImages train_images, test_images;
  std::vector<std::uint8_t> train_labels, test_labels;
};

namespace detail {

/// The file of that part, for example part "train-images" and format "idx3-ubyte".
[[nodiscard]] inline std::filesystem::path find_mnist_part(const std::filesystem::path& folder,
                                                           const std::string& part,
                                                           const std::string& format) {
  // The folder itself; torchvision's root/MNIST; torchvision's root.
  const std::array folders{folder, folder / "raw", folder / "MNIST" / "raw"};
  const std::array names{part + "-" + format, part + "." + format};
  for (const auto& place : folders) {
    for (const auto& name : names) {
      for (const char* compression : {"", ".gz"}) {
        const auto path = place / (name + compression);
        std::error_code not_there;
        if (std::filesystem::is_regular_file(path, not_there)) return path;
      }
    }
  }
  throw Error(sentence("there is no ", names[0], " (nor ", names[1], ", nor either with .gz) in ",
                       quoted(folders[0]), ", ", quoted(folders[1]), " or ", quoted(folders[2])));
}

/// Digits of 28x28 pixels and what they are.
struct LabelledDigits {
  GrayImages images;
  std::vector<std::uint8_t> labels;
};

/// Throws Error unless images and labels belong together, as far as headers say before anything is
/// decompressed, and are those of 28x28 digits.
[[nodiscard]] inline LabelledDigits read_digits(const std::filesystem::path& image_file,
                                                const std::filesystem::path& label_file) {
  auto images = open_idx_images(image_file, {.rows = 28, .columns = 28});
  IdxReader<1> labels(label_file, "labels");
  const auto [count, rows, columns] = images.sizes();
  if (rows != 28 || columns != 28) {
    images.refuse("holds images of ", rows, "x", columns, " pixels, expected 28x28");
  }
  if (count != labels.sizes()[0]) {
    images.refuse("holds ", count, " images, but ", quoted(label_file), " ", labels.sizes()[0],
                  " labels");
  }
  LabelledDigits digits{{count, rows, columns, images.read()}, labels.read()};
  const auto wrong = std::ranges::find_if(digits.labels, [](int label) { return label > 9; });
  if (wrong != digits.labels.end()) {
    labels.refuse("holds the label ", int{*wrong}, ", expected 0 to 9");
  }
  return digits;
}

}  // namespace detail

/// Finds the files in `folder`, torchvision's root or its raw folder, gzipped or not.
///
/// Throws Error that lists the names and the places where they were looked for.
[[nodiscard]] inline MnistFiles find_mnist(const std::filesystem::path& folder) {
  return {detail::find_mnist_part(folder, "train-images", "idx3-ubyte"),
          detail::find_mnist_part(folder, "train-labels", "idx1-ubyte"),
          detail::find_mnist_part(folder, "t10k-images", "idx3-ubyte"),
          detail::find_mnist_part(folder, "t10k-labels", "idx1-ubyte")};
}

/// Reads what `find_mnist` finds; throws Error unless it is 28x28 images with as many labels.
[[nodiscard]] inline Mnist load_mnist(const std::filesystem::path& folder) {
  const auto files = find_mnist(folder);
  auto train = detail::read_digits(files.train_images, files.train_labels);
  auto test = detail::read_digits(files.test_images, files.test_labels);
  return {std::move(train.images), std::move(test.images), std::move(train.labels),
          std::move(test.labels)};
}

}  // namespace ebm::inline EBM_ABI::io
