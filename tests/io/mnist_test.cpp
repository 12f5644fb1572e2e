// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ebm/io/mnist.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "io/write_raw.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::io::find_mnist;
using ebm::io::GrayImages;
using ebm::io::load_mnist;
using ebm::io::quoted;
using Labels = std::vector<std::uint8_t>;

const std::filesystem::path bundled =
    (std::filesystem::path(EBM_TEST_DATA_DIR) / "../../examples/mnist/data").lexically_normal();

GrayImages digits(int count) {
  return {count, 28, 28, std::vector<std::uint8_t>(static_cast<std::size_t>(count) * 784, 9)};
}

/// Writes three training and two test digits.
void write_small_mnist(const std::filesystem::path& folder, const std::string& separator = "-") {
  std::filesystem::create_directories(folder);
  ebm::io::write_idx_images(folder / ("train-images" + separator + "idx3-ubyte"), digits(3));
  ebm::io::write_idx_labels(folder / ("train-labels" + separator + "idx1-ubyte"), Labels{5, 0, 4});
  ebm::io::write_idx_images(folder / ("t10k-images" + separator + "idx3-ubyte"), digits(2));
  ebm::io::write_idx_labels(folder / ("t10k-labels" + separator + "idx1-ubyte"), Labels{7, 2});
}

}  // namespace

TEST_CASE("the digits are found in the folder, in its raw and in torchvision's MNIST/raw") {
  for (const char* place : {"", "raw", "MNIST/raw"}) {
    const TemporaryFolder folder;
    write_small_mnist(folder / place);
    const auto mnist = load_mnist(folder.path());
    CHECK(mnist.train_images.count == 3);
    CHECK(mnist.train_labels == Labels{5, 0, 4});
    CHECK(mnist.test_images.count == 2);
    CHECK(mnist.test_labels == Labels{7, 2});
  }
}

TEST_CASE("file names with a dot in place of the hyphen are found") {
  const TemporaryFolder folder;
  write_small_mnist(folder.path(), ".");
  CHECK(load_mnist(folder.path()).train_images.count == 3);
  CHECK(find_mnist(folder.path()).train_images == folder / "train-images.idx3-ubyte");
}

TEST_CASE("a missing file is reported with the names and places that were looked for") {
  const TemporaryFolder folder;
  write_small_mnist(folder / "raw");
  std::filesystem::remove(folder / "raw" / "t10k-labels-idx1-ubyte");
  CHECK(message_of<Error>([&] { (void)find_mnist(folder.path()); }) ==
        "there is no t10k-labels-idx1-ubyte (nor t10k-labels.idx1-ubyte, nor either "
        "with .gz) in " +
            quoted(folder.path()) + ", " + quoted(folder / "raw") + " or " +
            quoted(folder / "MNIST/raw"));
  CHECK(message_of<Error>([&] {
          (void)load_mnist(folder / "nowhere");
        }).starts_with("there is no train-images-idx3-ubyte (nor"));
}

TEST_CASE("another number of labels than images is refused with both") {
  const TemporaryFolder folder;
  write_small_mnist(folder.path());
  const auto files = find_mnist(folder.path());
  ebm::io::write_idx_labels(files.test_labels, Labels{7, 2, 1});
  CHECK(message_of<Error>([&] { (void)load_mnist(folder.path()); }) ==
        quoted(files.test_images) + " holds 2 images, but " + quoted(files.test_labels) +
            " 3 labels");
  // A header is enough: no pixel is read before.
  const std::vector<std::uint8_t> header{0, 0, 8, 3, 0x3f, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28};
  write_raw_file(files.test_images, std::as_bytes(std::span(header)));
  CHECK(message_of<Error>([&] { (void)load_mnist(folder.path()); }) ==
        quoted(files.test_images) + " holds 1056964608 images, but " + quoted(files.test_labels) +
            " 3 labels");
}

TEST_CASE("images of another size than 28x28 are refused with theirs") {
  const TemporaryFolder folder;
  write_small_mnist(folder.path());
  const auto files = find_mnist(folder.path());
  ebm::io::write_idx_images(files.train_images, {3, 2, 1, {1, 2, 3, 4, 5, 6}});
  CHECK(message_of<Error>([&] { (void)load_mnist(folder.path()); }) ==
        quoted(files.train_images) + " holds images of 2x1 pixels, expected 28x28");
}

TEST_CASE("a label that is no digit is refused") {
  const TemporaryFolder folder;
  write_small_mnist(folder.path());
  const auto files = find_mnist(folder.path());
  ebm::io::write_idx_labels(files.train_labels, Labels{5, 10, 4});
  CHECK(message_of<Error>([&] { (void)load_mnist(folder.path()); }) ==
        quoted(files.train_labels) + " holds the label 10, expected 0 to 9");
}

TEST_CASE("the bundled files are MNIST: its sizes, its class counts, its mean and deviation") {
  const auto mnist = load_mnist(bundled);
  CHECK(mnist.train_images.count == 60'000);
  CHECK(mnist.test_images.count == 10'000);

  std::array<int, 10> counts{};
  for (const auto label : mnist.train_labels) ++counts[label];
  CHECK(counts == std::array{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});

  const auto& pixels = mnist.train_images.pixels;
  double sum = 0, squares = 0;
  for (const double pixel : pixels) {
    sum += pixel / 255;
    squares += pixel / 255 * (pixel / 255);
  }
  const auto n = static_cast<double>(pixels.size());
  CHECK(sum / n == Approx(0.1307).margin(5e-5));
  CHECK(std::sqrt(squares / n - sum / n * (sum / n)) == Approx(0.3081).margin(5e-5));
}
