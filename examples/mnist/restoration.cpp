// SPDX-License-Identifier: MIT
#include "restoration.hpp"

#include <ebm/core/error.hpp>
#include <ebm/eval/psnr.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/safetensors.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>

#include "analysis.hpp"
#include "images.hpp"
#include "memory.hpp"
#include "pictures.hpp"

namespace ebm_mnist {

namespace {

using Images = ebm::Samples<float>;

/// The first images of the files; all for 0.
Images read_first(const std::vector<std::filesystem::path>& paths, int count) {
  Images images = read_images(paths);
  if (count > 0 && count < images.rows()) images.conservativeResize(count, Eigen::NoChange);
  return images;
}

/// A row of original images where they are known, of corrupted ones, of restored ones.
void write_picture(const std::filesystem::path& path, const Restoration& r) {
  Images rows(r.original.rows() + r.corrupted.rows() + r.restored.rows(), r.restored.cols());
  rows.topRows(r.original.rows()) = r.original;
  rows.middleRows(r.original.rows(), r.corrupted.rows()) = r.corrupted;
  rows.bottomRows(r.restored.rows()) = r.restored;
  ebm::io::write_image_grid(path, rows, {},
                            {.columns = static_cast<int>(r.restored.rows()), .scale = 2});
}

void write_tensor(const std::filesystem::path& path, const Images& images) {
  ebm::io::SafeTensors content;
  content.add("images", {images.rows(), 1, 28, 28},
              std::span<const float>(images.data(), static_cast<std::size_t>(images.size())));
  ebm::io::write_safetensors(path, content);
}

}  // namespace

Restoration read_images(const RestorationOptions& o) {
  const bool is_picture = has_extension(o.out, ".png");
  ebm::require(is_picture || has_extension(o.out, ".safetensors"),
               "--out: expected a name that ends in .png or .safetensors, got ",
               ebm::io::quoted(o.out));
  ebm::require(o.original.empty() || o.already_corrupted,
               "--original: expected only beside --already-corrupted: else --images are the "
               "original ones");
  ebm::io::require_writable(o.out);
  Restoration r;
  (o.already_corrupted ? r.corrupted : r.original) = read_first(o.images, o.count);
  if (!o.original.empty()) r.original = read_first(o.original, o.count);
  const auto count = std::max(r.original.rows(), r.corrupted.rows());
  if (!o.original.empty() && r.original.rows() != r.corrupted.rows()) {
    throw ebm::Error(ebm::sentence("--original: expected as many images as --images has, ",
                                   r.corrupted.rows(), ", got ", r.original.rows()));
  }
  if (is_picture) require_picture_fits(3, static_cast<double>(count));
  const auto chains = count * o.chains;
  // The chains, what they start from and, for a while, what is kept of them.
  require_memory(2.5 * static_cast<double>(chains) * pixels * sizeof(float),
                 ebm::sentence("--chains: ", chains, " chains of ", count, " images"));
  return r;
}

void report(const RestorationOptions& o, const Restoration& r) {
  if (has_extension(o.out, ".png")) {
    write_picture(o.out, r);
  } else {
    write_tensor(o.out, r.restored);
  }
  nlohmann::ordered_json json{{"count", r.restored.rows()}};
  std::string text = ebm::sentence(r.restored.rows(), " images restored: ", o.out.string(), '\n');
  if (r.original.rows() > 0) {
    const auto before = ebm::psnr(r.corrupted, r.original),
               after = ebm::psnr(r.restored, r.original);
    json["psnr"] = {{"before", mean(before)}, {"after", mean(after)}};
    json["images"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < before.size(); ++i) {
      json["images"].push_back({{"before", before[i]}, {"after", after[i]}});
    }
    text += ebm::sentence("mean PSNR ", ebm::io::with_decimals(mean(before), 2), " dB before, ",
                          ebm::io::with_decimals(mean(after), 2), " dB after\n");
  }
  if (o.json) {
    std::cout << json.dump() << '\n';
  } else if (!o.quiet) {
    std::cout << text;
  }
}

void add_restoration(CLI::App& c, RestorationOptions& o) {
  add_model(c, o.model);
  c.add_option("--images", o.images, "One or more image files, clean: the command corrupts them")
      ->type_name("FILE")
      ->required();
  c.add_flag("--already-corrupted", o.already_corrupted, "--images are corrupted: take them as is");
  c.add_option("--original", o.original, "What --already-corrupted images were: for the PSNR")
      ->type_name("FILE");
  c.add_option("--out", o.out, "File to write: .png or .safetensors")
      ->type_name("FILE")
      ->required();
  c.add_option("--count", o.count, "Images to take, the first ones; 0: all")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_flag("--json", o.json,
             R"(Print {"count": …, "psnr": {"before": …, "after": …}, "images": […]} instead)");
  c.add_flag("--quiet", o.quiet, "Print nothing but what --json asks for");
  add_chains(c, o.walk);
  add_seed(c, o.seed);
  add_threads(c, o.threads);
}

}  // namespace ebm_mnist
