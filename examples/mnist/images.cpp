// SPDX-License-Identifier: MIT
#include "images.hpp"

#include <algorithm>
#include <ebm/io/idx.hpp>
#include <ebm/io/image_samples.hpp>
#include <ebm/io/png.hpp>
#include <ebm/io/safetensors.hpp>

#include "cli.hpp"
#include "engine.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

ebm::Samples<float> from_bytes(const ebm::io::GrayImages& images, const fs::path& path) {
  if (images.rows != 28 || images.columns != 28) {
    throw ebm::Error(ebm::sentence("images: ", ebm::io::quoted(path), " holds images of ",
                                   images.rows, "x", images.columns, " pixels, expected 28x28"));
  }
  return ebm::io::to_samples(images);
}

ebm::Samples<float> from_tensor(const fs::path& path) {
  const auto content = ebm::io::read_safetensors(path);
  // `samples` is what the command sample writes.
  const bool is_ours = content.contains("samples") && !content.contains("images");
  const char* name = is_ours ? "samples" : "images";
  const auto values = content.get<float>(name, {-1, 1, 28, 28});
  const auto bad = std::ranges::find_if_not(values, [](float v) { return v >= -1 && v <= 1; });
  if (bad != values.end()) {
    throw ebm::Error(ebm::sentence("images: tensor '", name, "' of ", ebm::io::quoted(path),
                                   " holds the value ", *bad, " in image ",
                                   (bad - values.begin()) / pixels, ", expected [-1, 1]"));
  }
  return Eigen::Map<const ebm::Samples<float>>(
      values.data(), static_cast<Eigen::Index>(values.size()) / pixels, pixels);
}

ebm::Samples<float> from_file(const fs::path& path) {
  if (has_extension(path, ".safetensors")) return from_tensor(path);
  constexpr ebm::io::PictureLimit largest{.rows = 28, .columns = 28};
  if (has_extension(path, ".png")) {
    return from_bytes(ebm::io::read_png_images(path, largest), path);
  }
  return from_bytes(ebm::io::read_idx_images(path, largest), path);
}

}  // namespace

ebm::Samples<float> read_images(const fs::path& path) {
  ebm::Samples<float> images = from_file(path);
  if (images.rows() == 0) {
    throw ebm::Error(ebm::sentence("images: ", ebm::io::quoted(path), " holds no image"));
  }
  return images;
}

ebm::Samples<float> read_images(const std::vector<fs::path>& paths) {
  ebm::Samples<float> all(0, pixels);
  for (const fs::path& path : paths) {
    const ebm::Samples<float> images = read_images(path);
    all.conservativeResize(all.rows() + images.rows(), pixels);
    all.bottomRows(images.rows()) = images;
  }
  return all;
}

ebm::Samples<float> read_images_or_folder(const fs::path& path) {
  std::error_code not_there;  // a file that is missing has its own message
  if (!fs::is_directory(path, not_there)) return read_images(path);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (has_extension(entry.path(), ".png")) files.push_back(entry.path());
  }
  if (files.empty()) {
    throw ebm::Error(
        ebm::sentence("images: the folder ", ebm::io::quoted(path), " holds no PNG file"));
  }
  std::ranges::sort(files);
  return read_images(files);
}

}  // namespace ebm_mnist
